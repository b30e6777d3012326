#include "serve/chat_messages.hpp"

#include <memory>
#include <utility>

namespace pmtune::serve {
namespace {

constexpr std::size_t most_messages = 4096;

std::string text_of_part(const Json& part, const std::string& where, std::size_t number) {
  const Members members(part, where);
  const std::string type = members.need_text("type");
  if (type == "text") return members.need_text("text");
  if (type == "refusal") return members.need_text("refusal");
  if (type == "image_url" || type == "input_audio" || type == "file")
    refuse(members.path("type"), "Message ", number, " holds a part of the type \"", type,
           "\", but these models read text only; send its text instead.");
  refuse(members.path("type"), "\"", members.path("type"), "\" must be \"text\", not \"", type, "\".");
}

// A text, or a list of parts whose texts follow one another.
std::string read_content(const Members& message, std::size_t number, bool may_be_missing) {
  const Json* content = message.find("content");
  if (!content && may_be_missing) return "";
  if (!content) message.need("content");
  if (content->is_string()) return content->get<std::string>();
  if (!content->is_array()) message.wrong("content", "a text or a list of parts", *content);
  std::string text;
  for (std::size_t i = 0; i < content->size(); ++i)
    text += text_of_part((*content)[i], concat(message.path("content"), "[", i, "]"), number);
  return text;
}

// The arguments of a call are JSON in a text; templates want what it says.
Json arguments_of(const Members& function) {
  const std::string text = function.text("arguments").value_or("");
  Json arguments = Json::object();
  JsonFault fault;
  if (text.empty() || parse_json(text, arguments, fault)) return arguments;
  refuse(function.path("arguments"), "\"", function.path("arguments"), "\" is not JSON at column ", fault.column,
         ": ", fault.reason, ".");
}

text::TemplateJson read_calls(const Json& calls, const std::string& where) {
  Json list = Json::array();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Members call(calls[i], concat(where, "[", i, "]"));
    const Members function(call.need("function"), call.path("function"));
    list.push_back({{"id", call.text("id").value_or("")},
                    {"type", "function"},
                    {"function", {{"name", function.need_text("name")}, {"arguments", arguments_of(function)}}}});
  }
  return std::make_shared<const Json>(std::move(list));
}

text::ChatMessage read_message(const Json& json, std::size_t index, ChatRequest& request) {
  const Members members(json, concat("messages[", index, "]"));
  text::ChatMessage message;
  message.role = members.need_text("role");
  if (message.role == "developer") message.role = "system";  // the newer name of the same
  const bool is_known =
      message.role == "system" || message.role == "user" || message.role == "assistant" || message.role == "tool";
  if (!is_known)
    refuse(members.path("role"), "Message ", index + 1, " has the role \"", message.role,
           "\"; known are \"system\", \"developer\", \"user\", \"assistant\" and \"tool\".");
  const Json* calls = message.role == "assistant" ? members.list("tool_calls") : nullptr;
  const bool has_calls = calls && !calls->empty();
  message.content = read_content(members, index + 1, has_calls || message.role == "assistant");
  if (has_calls) message.tool_calls = read_calls(*calls, members.path("tool_calls"));
  if (message.role == "tool") {
    message.tool_call_id = members.need_text("tool_call_id");
    message.name = members.text("name").value_or("");
  }
  request.has_system |= message.role == "system";
  if (has_calls || message.role == "tool") request.is_plain = false;
  return message;
}

}  // namespace

void read_messages(const Members& body, ChatRequest& request) {
  const Json& messages = body.need("messages");
  body.list("messages");
  if (messages.empty()) refuse("messages", "\"messages\" is empty; send at least one message.");
  if (messages.size() > most_messages)
    refuse("messages", "\"messages\" may hold up to ", most_messages, " messages; leave out older ones.");
  for (std::size_t i = 0; i < messages.size(); ++i) request.messages.push_back(read_message(messages[i], i, request));
}

}  // namespace pmtune::serve
