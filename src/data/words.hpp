// The words of a text, as they are compared: letters and digits, without capitals (of ASCII), punctuation and white
// space. Scripts that write no spaces between words have a word for each character.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/utf8.hpp"

namespace pmtune::data {

// Scripts that write no spaces between words: Chinese, Japanese.
inline bool is_word_by_itself(std::uint32_t c) {
  return (c >= 0x3041 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x20000 && c <= 0x3FFFF);
}

// Beyond ASCII: spaces, quotes, dashes, bullets, arrows, boxes.
inline bool is_between_words(std::uint32_t c) {
  return c < 0xC0 ? c != 0xAA && c != 0xB5 && c != 0xBA
                  : c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x206F) || (c >= 0x2190 && c <= 0x27BF) ||
                        (c >= 0x3000 && c <= 0x3020) || (c >= 0xFF00 && c <= 0xFF0F);
}

// The small letter or digit for each byte of ASCII; 0 between words.
inline constexpr std::array<std::uint8_t, 128> word_letters = [] {
  std::array<std::uint8_t, 128> letters{};
  for (unsigned c = '0'; c <= '9'; ++c) letters[c] = static_cast<std::uint8_t>(c);
  for (unsigned c = 'a'; c <= 'z'; ++c) letters[c] = letters[c - 32] = static_cast<std::uint8_t>(c);
  return letters;
}();

// Calls visit(hash) for each word of valid UTF-8, in their order. The hash is never 0.
template <class Visit>
void for_each_word(std::string_view text, Visit&& visit) {
  constexpr std::uint64_t seed = 0xCBF29CE484222325u, prime = 0x100000001B3u;  // FNV-1a
  std::uint64_t word = seed;
  const auto end = [&] {
    if (word != seed) visit(word | 1);
    word = seed;
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x80) {
      ++at;
      if (const std::uint8_t letter = word_letters[byte])
        word = (word ^ letter) * prime;
      else
        end();
      continue;
    }
    const std::uint32_t c = next_code_point(text, at);
    const bool alone = is_word_by_itself(c);
    if (alone || is_between_words(c)) end();
    if (alone || !is_between_words(c)) word = (word ^ c) * prime;
    if (alone) end();
  }
  end();
}

}  // namespace pmtune::data
