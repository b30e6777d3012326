#include "serve/chat_request.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "serve/chat_messages.hpp"

namespace pmtune::serve {
namespace {

constexpr std::size_t most_tools = 128, longest_name = 64, longest_model = 500;

bool is_tool_name(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  return !name.empty() && name.size() <= longest_name && std::all_of(name.begin(), name.end(), fits);
}

void read_tools(const Members& body, ChatRequest& request) {
  const Json* tools = body.list("tools");
  if (!tools || tools->empty()) return;
  if (tools->size() > most_tools) refuse("tools", "\"tools\" may hold up to ", most_tools, " tools.");
  Json list = Json::array();
  for (std::size_t i = 0; i < tools->size(); ++i) {
    const Members tool((*tools)[i], concat("tools[", i, "]"));
    if (tool.need_text("type") != "function")
      refuse(tool.path("type"), "\"", tool.path("type"),
             "\" must be \"function\"; other kinds of tools are not known.");
    const Members function(tool.need("function"), tool.path("function"));
    const std::string name = function.need_text("name");
    if (!is_tool_name(name))
      refuse(function.path("name"), "\"", function.path("name"),
             "\" must have 1 to 64 letters, digits, '_', '-' and '.' only.");
    const Json* parameters = function.object("parameters");
    const std::string description = function.text("description").value_or("");
    request.tools.push_back({name, parameters ? *parameters : Json::object()});
    // Templates expect all three, also where the client has left one out.
    list.push_back(
        {{"type", "function"},
         {"function",
          {{"name", name},
           {"description", description},
           {"parameters", parameters ? *parameters : Json{{"type", "object"}, {"properties", Json::object()}}}}}});
  }
  request.tools_json = std::make_shared<const Json>(std::move(list));
}

bool has_tool(const ChatRequest& request, const std::string& name) {
  return std::any_of(request.tools.begin(), request.tools.end(), [&](const Tool& tool) { return tool.name == name; });
}

void read_tool_choice(const Members& body, ChatRequest& request) {
  request.one_call = !body.flag("parallel_tool_calls").value_or(true);
  const Json* choice = body.find("tool_choice");
  if (!choice) return;
  if (choice->is_object()) {
    const Members members(*choice, "tool_choice");
    const Members function(members.need("function"), members.path("function"));
    request.only_tool = function.need_text("name");
    if (!has_tool(request, request.only_tool))
      refuse("tool_choice", "\"tool_choice\" names the tool \"", request.only_tool, "\", which is not in \"tools\".");
    request.choice = ChatRequest::Choice::required;
    return;
  }
  const std::string word = choice->is_string() ? choice->get<std::string>() : "";
  if (word == "none") {
    request.tools.clear();
    request.tools_json = nullptr;
  } else if (word == "required") {
    if (request.tools.empty()) refuse("tool_choice", "\"tool_choice\" is \"required\", but \"tools\" is empty.");
    request.choice = ChatRequest::Choice::required;
  } else if (word != "auto") {
    refuse("tool_choice",
           "\"tool_choice\" must be \"none\", \"auto\", \"required\" or an object that names a function.");
  }
}

void read_response_format(const Members& body, ChatRequest& request) {
  const Json* format = body.object("response_format");
  if (!format) return;
  const Members members(*format, "response_format");
  const std::string type = members.need_text("type");
  GenerateOptions& options = request.sampling.options;
  if (type == "text") return;
  options.response = "json";
  if (type == "json_object") return;
  if (type != "json_schema")
    refuse("response_format.type",
           "\"response_format.type\" must be \"text\", \"json_object\" or \"json_schema\", not \"", type, "\".");
  const Members named(members.need("json_schema"), "response_format.json_schema");
  named.need_text("name");
  if (const Json* schema = named.object("schema")) options.json_schema = schema->dump();
}

void read_logprobs(const Members& body, ChatRequest& request) {
  request.logprobs = body.flag("logprobs").value_or(false);
  const auto top = body.integer("top_logprobs", 0, 20);
  if (top && !request.logprobs) refuse("top_logprobs", "\"top_logprobs\" needs \"logprobs\": true beside it.");
  if (request.logprobs) request.sampling.options.logprobs = top.value_or(0);
}

// What would change the answer's kind must not be ignored.
void refuse_what_cannot_be_done(const Members& body) {
  for (const char* name : {"functions", "function_call"})
    if (body.find(name)) refuse(name, "\"", name, "\" is OpenAI's former way; use \"tools\" and \"tool_choice\".");
  if (body.find("audio")) refuse("audio", "\"audio\" cannot be made here; these models write text.");
  if (const Json* kinds = body.list("modalities"))
    for (const Json& kind : *kinds)
      if (kind != "text") refuse("modalities", "\"modalities\" may hold \"text\" only; these models write text.");
}

}  // namespace

ChatRequest read_chat_request(const Json& json) {
  const Members body(json, "");
  ChatRequest request;
  request.model = body.need_text("model");
  if (request.model.size() > longest_model) refuse("model", "\"model\" is longer than ", longest_model, " bytes.");
  refuse_what_cannot_be_done(body);
  read_messages(body, request);
  request.sampling = read_sampling(body);
  read_tools(body, request);
  read_tool_choice(body, request);
  read_response_format(body, request);
  read_logprobs(body, request);
  return request;
}

std::string last_question(const ChatRequest& request) {
  for (auto message = request.messages.rbegin(); message != request.messages.rend(); ++message)
    if (message->role == "user") return message->content;
  return "";
}

}  // namespace pmtune::serve
