#include "serve/tool_calls.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"

namespace pmtune::serve {
namespace {

constexpr std::string_view opening = "<tool_call>", closing = "</tool_call>";
// What some models write before bare calls, where it is text and no control token.
constexpr std::string_view signs[] = {"<|python_tag|>", "[TOOL_CALLS]", "<|tool_call|>", "functools"};
constexpr std::string_view end_signs[] = {"<|/tool_call|>", "<|eom_id|>"};

// The longest end of the text that begins the sign.
std::size_t begun(std::string_view text, std::string_view sign) {
  for (std::size_t size = std::min(text.size(), sign.size() - 1); size > 0; --size)
    if (text.substr(text.size() - size) == sign.substr(0, size)) return size;
  return 0;
}

std::size_t blanks_at_end(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? text.size() : text.size() - last - 1;
}

std::string_view without_signs(std::string_view text) {
  text = trimmed(text);
  for (const std::string_view sign : signs)
    if (text.starts_with(sign)) text = trimmed(text.substr(sign.size()));
  for (const std::string_view sign : end_signs)
    if (text.ends_with(sign)) text = trimmed(text.substr(0, text.size() - sign.size()));
  return text;
}

// Whether what has been written so far may become bare calls.
bool may_be_bare(std::string_view text) {
  text = trimmed(text);
  if (text.empty() || text.front() == '{' || text.front() == '[') return true;
  return std::any_of(std::begin(signs), std::end(signs),
                     [&](std::string_view sign) { return text.starts_with(sign) || sign.starts_with(text); });
}

std::optional<ToolCall> call_of(const Json& json) {
  if (!json.is_object()) return std::nullopt;
  const auto name = json.find("name");
  if (name == json.end() || !name->is_string()) return std::nullopt;
  for (const char* member : {"arguments", "parameters"})
    if (const auto arguments = json.find(member); arguments != json.end()) {
      if (arguments->is_object()) return ToolCall{name->get<std::string>(), arguments->dump()};
      if (arguments->is_string()) return ToolCall{name->get<std::string>(), arguments->get<std::string>()};
      return std::nullopt;
    }
  return ToolCall{name->get<std::string>(), "{}"};
}

const char* arguments_name(CallForm form) { return form == CallForm::tagged ? "arguments" : "parameters"; }

Json schema_of(const Tool& tool, CallForm form) {
  const char* arguments = arguments_name(form);
  const Json parameters = tool.parameters.empty() ? Json{{"type", "object"}} : tool.parameters;
  Json properties = Json::object();
  properties["name"] = {{"const", tool.name}};
  properties[arguments] = parameters;
  return {{"type", "object"},
          {"properties", properties},
          {"required", Json::array({"name", arguments})},
          {"additionalProperties", false}};
}

}  // namespace

CallForm call_form(std::string_view prompt) {
  return prompt.find(opening) != std::string_view::npos ? CallForm::tagged : CallForm::bare;
}

std::string_view beginning_of_call(CallForm form) { return form == CallForm::tagged ? "<tool_call>\n" : ""; }

Json schema_of_call(const ChatRequest& request, CallForm form) {
  Json any = Json::array();
  for (const Tool& tool : request.tools)
    if (request.only_tool.empty() || tool.name == request.only_tool) any.push_back(schema_of(tool, form));
  return any.size() == 1 ? any[0] : Json{{"anyOf", any}};
}

ToolCallReader::ToolCallReader(CallForm form, std::vector<Tool> tools, bool began, bool one_call)
    : form_(form), tools_(std::move(tools)), inside_(began && form == CallForm::tagged), one_call_(one_call) {}

bool ToolCallReader::is_tool(const std::string& name) const {
  return std::any_of(tools_.begin(), tools_.end(), [&](const Tool& tool) { return tool.name == name; });
}

void ToolCallReader::put_text(std::vector<Piece>& pieces, std::string text) {
  if (text.empty()) return;
  if (!pieces.empty() && !pieces.back().call)
    pieces.back().text += text;
  else
    pieces.push_back({std::move(text), std::nullopt});
}

bool ToolCallReader::take_calls(std::string_view text, std::vector<Piece>& pieces) {
  Json json;
  JsonFault fault;
  if (!parse_json(text, json, fault)) return false;
  std::vector<ToolCall> calls;
  for (const Json& item : json.is_array() ? json : Json::array({json})) {
    std::optional<ToolCall> call = call_of(item);
    // Bare JSON may be the answer itself; only the name tells.
    if (!call || (form_ == CallForm::bare && !is_tool(call->name))) return false;
    calls.push_back(std::move(*call));
  }
  if (calls.empty()) return false;
  for (ToolCall& call : calls) {
    if (one_call_ && calls_ > 0) continue;
    ++calls_;
    pieces.push_back({"", std::move(call)});
  }
  return true;
}

void ToolCallReader::read_tagged(std::vector<Piece>& pieces, bool at_end) {
  while (!held_.empty()) {
    if (!inside_) {
      const std::size_t found = held_.find(opening);
      if (found != std::string::npos) {
        // Blanks before a call belong to neither.
        put_text(pieces, held_.substr(0, found - blanks_at_end(std::string_view(held_).substr(0, found))));
        held_.erase(0, found + opening.size());
        inside_ = true;
        continue;
      }
      std::size_t keep = at_end ? 0 : begun(held_, opening);
      if (!at_end) keep += blanks_at_end(std::string_view(held_).substr(0, held_.size() - keep));
      std::string text = held_.substr(0, held_.size() - keep);
      if (calls_ > 0 && trimmed(text).empty()) text.clear();  // between two calls
      put_text(pieces, std::move(text));
      held_.erase(0, held_.size() - keep);
      return;
    }
    // The tag may stand in a text of the arguments; then what is before it is no JSON yet.
    for (std::size_t end = held_.find(closing); end != std::string::npos; end = held_.find(closing, end + 1))
      if (take_calls(std::string_view(held_).substr(0, end), pieces)) {
        held_.erase(0, end + closing.size());
        inside_ = false;
        break;
      }
    if (!inside_) continue;
    if (!at_end) return;
    // Without its end: a stop token may stand for it.
    if (!take_calls(held_, pieces)) put_text(pieces, std::string(opening) + held_);
    held_.clear();
  }
}

void ToolCallReader::read_bare(std::vector<Piece>& pieces, bool at_end) {
  if (!plain_ && !may_be_bare(held_)) plain_ = true;
  if (!plain_ && !at_end) return;
  if (plain_ || !take_calls(without_signs(held_), pieces)) put_text(pieces, held_);
  held_.clear();
}

std::vector<ToolCallReader::Piece> ToolCallReader::add(std::string_view text) {
  std::vector<Piece> pieces;
  held_ += text;
  form_ == CallForm::tagged ? read_tagged(pieces, false) : read_bare(pieces, false);
  return pieces;
}

std::vector<ToolCallReader::Piece> ToolCallReader::finish() {
  std::vector<Piece> pieces;
  form_ == CallForm::tagged ? read_tagged(pieces, true) : read_bare(pieces, true);
  return pieces;
}

}  // namespace pmtune::serve
