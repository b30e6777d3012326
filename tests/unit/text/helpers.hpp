// Small tokenizers and short ways to run templates, for the tests of text/.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <pmtune/error.hpp>
#include <string>
#include <vector>

#include "text/bpe_tokenizer.hpp"
#include "text/chat_template.hpp"
#include "unit/errors.hpp"

namespace text_tests {

using namespace pmtune;
using namespace pmtune::text;
using pmtune::test::error_of;

// All 256 bytes, a few merges ("he", "ll", "hell", "hello", "Ġw"), and ChatML's control tokens at the end.
inline BpeParts small_parts() {
  BpeParts parts;
  parts.where = "small.gguf";
  const auto alphabet = [](unsigned byte) {
    const bool itself = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    static unsigned next = 0x100;
    if (byte == 0) next = 0x100;
    const unsigned character = itself ? byte : next++;
    std::string text;
    if (character < 0x80) return std::string(1, static_cast<char>(character));
    text += static_cast<char>(0xC0 | character >> 6);
    text += static_cast<char>(0x80 | (character & 0x3F));
    return text;
  };
  for (unsigned byte = 0; byte < 256; ++byte) parts.tokens.push_back(alphabet(byte));
  for (const char* token : {"he", "ll", "hell", "hello", "Ġw"}) parts.tokens.emplace_back(token);
  parts.merges = {{"h", "e"}, {"l", "l"}, {"he", "ll"}, {"hell", "o"}, {"Ġ", "w"}};
  for (const char* token : {"<|endoftext|>", "<|im_start|>", "<|im_end|>"}) {
    parts.added.push_back({.text = token, .id = static_cast<TokenId>(parts.tokens.size()), .special = true});
    parts.tokens.emplace_back(token);
  }
  parts.pre_tokenizer = PreTokenizer::named("smollm", parts.where);
  parts.bos = 262;
  parts.eos = 263;
  return parts;
}

inline std::shared_ptr<const Tokenizer> small_tokenizer() {
  return std::make_shared<const BpeTokenizer>(small_parts());
}

inline void check_error(const std::function<void()>& work, const std::string& code, const std::string& phrase) {
  const std::string message = error_of(work);
  INFO(message);
  CHECK(message.rfind(code + ": ", 0) == 0);
  CHECK(message.find(phrase) != std::string::npos);
  CHECK(message.back() == '.');
}

inline std::string run_template(const std::string& source, const std::vector<ChatMessage>& messages = {},
                                bool add_generation_prompt = false) {
  return ChatTemplate(source, "<s>", "</s>").render(messages, add_generation_prompt);
}

inline const std::string chatml =
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + "
    "'\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

}  // namespace text_tests
