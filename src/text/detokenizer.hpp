// The text of an answer, token by token.
#pragma once

#include <string_view>

#include "text/tokenizer.hpp"

namespace pmtune::text {

class Detokenizer {
 public:
  // preceding: what stands before the first token. Where the tokenizer drops a space at the beginning of a text, it
  // goes unless the tokens go on from a text that is shown with them.
  Detokenizer(const Tokenizer& tokenizer, Preceding preceding)
      : tokenizer_(tokenizer), drops_space_(tokenizer.drops_first_space() && preceding != Preceding::text) {}

  // The bytes that the token adds, none for a control token. They may end within a character; joined over all tokens
  // they are the text that Tokenizer::decode gives, before it replaces invalid bytes.
  std::string_view add(TokenId id) {
    if (tokenizer_.is_special(id)) return {};
    std::string_view bytes = tokenizer_.bytes(id);
    if (bytes.empty()) return bytes;
    if (drops_space_ && bytes.front() == ' ') bytes.remove_prefix(1);
    drops_space_ = false;
    return bytes;
  }

 private:
  const Tokenizer& tokenizer_;
  bool drops_space_;
};

}  // namespace pmtune::text
