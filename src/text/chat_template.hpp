// A model's chat template: the Jinja text that turns a conversation into the string the model was taught on. It comes
// with the model file, so it is untrusted: it runs in a bounded interpreter (steps, depth, output) that can reach
// nothing but its inputs.
#pragma once

#include <ctime>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "text/byte_range.hpp"

namespace pmtune::text {

// JSON as templates are given it: the tools that may be called, and calls that were made. It comes from outside, as
// contents do. Null when there is none.
using TemplateJson = std::shared_ptr<const nlohmann::ordered_json>;

struct ChatMessage {
  std::string role;
  std::string content;
  TemplateJson tool_calls = {};   // of an assistant: [{"id", "type": "function", "function": {"name", "arguments"}}]
  std::string tool_call_id = {};  // of a tool: the call that the content answers
  std::string name = {};          // of a tool
};

namespace jinja {
class Program;
}

// A rendered conversation, and which of its bytes came out of message contents, calls and tools. No control token may
// be read from those: a user who writes "<|im_end|>" must not end the turn.
struct MarkedRendering {
  std::string text;
  std::vector<ByteRange> untrusted;  // sorted, disjoint
};

class ChatTemplate {
 public:
  // Parses once. Throws corrupt with line and column for a syntax error, unsupported for a feature not yet built.
  ChatTemplate(std::string_view source, std::string bos_token, std::string eos_token);

  // Throws invalid_argument when the template itself refuses the conversation (raise_exception), with its words;
  // unsupported for an unknown filter, test or function; corrupt when a limit is passed.
  std::string render(const std::vector<ChatMessage>& messages, bool add_generation_prompt) const;

  // Whether the template says anything of tools.
  bool has_tools() const { return has_tools_; }

  // The same with the origin of the bytes. now: the date for templates that print one; renderings that are compared
  // must share it. tools: a list of {"type": "function", "function": {...}}.
  MarkedRendering render_marked(const std::vector<ChatMessage>& messages, bool add_generation_prompt, std::time_t now,
                                const TemplateJson& tools = {}) const;

 private:
  std::shared_ptr<const jinja::Program> program_;
  std::string bos_token_;
  std::string eos_token_;
  bool has_tools_ = false;
};

}  // namespace pmtune::text
