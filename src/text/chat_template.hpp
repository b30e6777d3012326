// A model's chat template: the Jinja text that turns a conversation into the string the model was taught on. It comes
// with the model file, so it is untrusted: it runs in a bounded interpreter (steps, depth, output) that can reach
// nothing but its inputs.
#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/byte_range.hpp"

namespace pmtune::text {

struct ChatMessage {
  std::string role;
  std::string content;
};

namespace jinja {
class Program;
}

// A rendered conversation, and which of its bytes came out of message contents. No control token may be read from
// those: a user who writes "<|im_end|>" must not end the turn.
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

  // The same with the origin of the bytes. now: the date for templates that print one; renderings that are compared
  // must share it.
  MarkedRendering render_marked(const std::vector<ChatMessage>& messages, bool add_generation_prompt,
                                std::time_t now) const;

 private:
  std::shared_ptr<const jinja::Program> program_;
  std::string bos_token_;
  std::string eos_token_;
};

}  // namespace pmtune::text
