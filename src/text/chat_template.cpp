#include "text/chat_template.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "text/jinja/program.hpp"
#include "text/jinja/runtime.hpp"
#include "text/template_json.hpp"

namespace pmtune::text {
namespace {

using jinja::MarkedText;
using jinja::Value;

// Templates build control tokens from the role ('<|' + role + '|>'), so a role that is a plain word is taken as the
// template's own. Anything else could smuggle a token in and stays untrusted.
bool is_plain_word(const std::string& role) {
  const auto is_word_character = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !role.empty() && role.size() <= 32 && std::all_of(role.begin(), role.end(), is_word_character);
}

void check_message(const ChatMessage& message, std::size_t index) {
  for (const std::string* text : {&message.role, &message.content, &message.tool_call_id, &message.name})
    if (find_invalid_utf8(*text) != std::string_view::npos)
      fail(Code::invalid_argument, "Message ", index + 1,
           " of the conversation is not valid UTF-8; save it as UTF-8.");
}

Value messages_value(const std::vector<ChatMessage>& messages, jinja::Runtime& runtime) {
  std::vector<Value> list;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const ChatMessage& message = messages[i];
    check_message(message, i);
    std::vector<std::pair<Value, Value>> members = {
        {Value::text("role"), Value::text(MarkedText::derived(message.role, !is_plain_word(message.role)))},
        {Value::text("content"), Value::text(MarkedText::untrusted(message.content))}};
    const auto add = [&](const char* name, Value value) {
      members.emplace_back(Value::text(name), std::move(value));
    };
    if (message.tool_calls) add("tool_calls", untrusted_value(*message.tool_calls, runtime));
    if (!message.tool_call_id.empty()) add("tool_call_id", Value::text(MarkedText::untrusted(message.tool_call_id)));
    if (!message.name.empty()) add("name", Value::text(MarkedText::untrusted(message.name)));
    list.push_back(runtime.dict(std::move(members)));
  }
  return runtime.list(std::move(list));
}

}  // namespace

ChatTemplate::ChatTemplate(std::string_view source, std::string bos_token, std::string eos_token)
    : program_(std::make_shared<const jinja::Program>(source)),
      bos_token_(std::move(bos_token)),
      eos_token_(std::move(eos_token)),
      has_tools_(source.find("tools") != std::string_view::npos) {}

std::string ChatTemplate::render(const std::vector<ChatMessage>& messages, bool add_generation_prompt) const {
  return render_marked(messages, add_generation_prompt, std::time(nullptr)).text;
}

MarkedRendering ChatTemplate::render_marked(const std::vector<ChatMessage>& messages, bool add_generation_prompt,
                                            std::time_t now, const TemplateJson& tools) const {
  jinja::Runtime building(now);
  jinja::Variables variables = {{"messages", messages_value(messages, building)},
                                {"add_generation_prompt", Value(add_generation_prompt)},
                                {"tools", tools ? untrusted_value(*tools, building) : Value(jinja::None{})},
                                {"documents", Value(jinja::None{})}};
  if (!bos_token_.empty()) variables.emplace_back("bos_token", Value::text(bos_token_));
  if (!eos_token_.empty()) variables.emplace_back("eos_token", Value::text(eos_token_));
  const MarkedText rendered = program_->run(std::move(variables), now);
  return {rendered.bytes(), rendered.untrusted_ranges()};
}

}  // namespace pmtune::text
