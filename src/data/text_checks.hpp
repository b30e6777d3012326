// Warnings about the text of one example.
#pragma once

#include <cstdint>
#include <pmtune/dataset.hpp>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace pmtune::data {

// The first piece of text that is a marker of some model's chat template, like "<|im_end|>"; empty when there is
// none.
std::string_view find_template_token(std::string_view text);

// A name for the first character that cannot be seen and has no business there; nullptr when there is none.
const char* find_invisible_character(std::string_view text);

// A name for a character that cannot be seen and has no business behind the character `before` (0: none, or ASCII);
// nullptr for all others.
const char* invisible_name(std::uint32_t c, std::uint32_t before);

// Words as a person counts them; scripts without spaces count each character.
std::int64_t count_words(std::string_view text);

class TextChecks {
 public:
  void check(const Example& example, std::vector<Problem>& warnings);

 private:
  void check_message(const Message& message, std::size_t number, std::int64_t line, std::vector<Problem>& warnings);

  std::unordered_set<std::size_t> system_prompts_;  // hashes: a prompt that stands in every line is judged once
};

}  // namespace pmtune::data
