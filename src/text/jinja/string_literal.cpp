#include "text/jinja/string_literal.hpp"

#include <charconv>
#include <cstdint>

#include "base/utf8.hpp"

namespace pmtune::text::jinja {
namespace {

// Appends the character of exactly `count` hexadecimal digits at `at`; false when there is none.
bool hexadecimal(std::string_view literal, std::size_t& at, std::size_t count, std::string& decoded) {
  if (literal.size() - at < count) return false;
  std::uint32_t value = 0;
  const char* begin = literal.data() + at;
  const auto [end, error] = std::from_chars(begin, begin + count, value, 16);
  if (error != std::errc() || end != begin + count) return false;
  if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return false;
  append_utf8(decoded, value);
  at += count;
  return true;
}

void octal(std::string_view literal, std::size_t& at, std::string& decoded) {
  std::uint32_t value = 0;
  for (int digits = 0; digits < 3 && at < literal.size() && literal[at] >= '0' && literal[at] <= '7'; ++digits)
    value = value * 8 + static_cast<std::uint32_t>(literal[at++] - '0');
  append_utf8(decoded, value);
}

}  // namespace

bool decode_string_literal(std::string_view literal, std::string& decoded) {
  constexpr std::string_view letters = "\\'\"abfnrtv";
  constexpr std::string_view meanings = "\\'\"\a\b\f\n\r\t\v";
  decoded.clear();
  for (std::size_t at = 0; at < literal.size();) {
    if (literal[at] != '\\' || at + 1 >= literal.size()) {
      decoded += literal[at++];
      continue;
    }
    const char letter = literal[at + 1];
    if (letter >= '0' && letter <= '7') {
      ++at;
      octal(literal, at, decoded);
      continue;
    }
    at += 2;
    if (const std::size_t kind = letters.find(letter); kind != std::string_view::npos) {
      decoded += meanings[kind];
    } else if (letter == 'x' || letter == 'u' || letter == 'U') {
      if (!hexadecimal(literal, at, letter == 'x' ? 2 : letter == 'u' ? 4 : 8, decoded)) return false;
    } else if (letter == 'N') {
      return false;               // characters by name
    } else if (letter != '\n') {  // an escaped line end is dropped; other escapes stay as they are
      decoded += '\\';
      decoded += letter;
    }
  }
  return true;
}

}  // namespace pmtune::text::jinja
