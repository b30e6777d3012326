// Python's operations on strings. Positions and lengths count characters, not bytes; marks of untrusted text are
// kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/jinja/marked_text.hpp"
#include "text/jinja/runtime.hpp"

namespace pmtune::text::jinja {

std::int64_t count_characters(std::string_view text);
std::size_t byte_of_character(std::string_view text, std::int64_t index);  // the size when index is past the end

// What remains without the characters of `chars` (white space when absent) at the sides that are chosen.
struct Sides {
  bool left = true;
  bool right = true;
};
ByteRange strip(std::string_view text, std::optional<std::string_view> chars, Sides sides);

// str.replace; at most `most` times when it is not negative.
MarkedText replace(Runtime& runtime, const MarkedText& text, std::string_view old, const MarkedText& replacement,
                   std::int64_t most);

// str.split and str.rsplit; white space runs when the separator is absent.
std::vector<Value> split(Runtime& runtime, const MarkedText& text, std::optional<std::string_view> separator,
                         std::int64_t most, bool from_right);
std::vector<Value> split_lines(Runtime& runtime, const MarkedText& text, bool keep_ends);
std::vector<Value> characters(Runtime& runtime, const MarkedText& text);

// Case of Latin, Greek and Cyrillic letters; others stay as they are.
std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
std::string capitalize(std::string_view text);
std::string title_python(std::string_view text);  // str.title: a word is a run of letters
std::string title_jinja(
    std::string_view text);  // the filter: words are apart by spaces, hyphens and opening brackets

bool all_characters(std::string_view text, bool (*property)(std::uint32_t));  // false for the empty text
bool is_letter(std::uint32_t character);

}  // namespace pmtune::text::jinja
