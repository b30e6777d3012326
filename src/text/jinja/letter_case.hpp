// Upper and lower case of the alphabets that have it and are in everyday use. Chat templates change the case of role
// names and the like; the full Unicode tables would be a hundred times as long.
#pragma once

#include <cstdint>
#include <string>

#include "base/utf8.hpp"

namespace pmtune::text::jinja {

constexpr std::uint32_t lower_case(std::uint32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 0x20 : c;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 0x20;                                  // Latin-1
  if ((c >= 0x100 && c <= 0x137 && c != 0x130) || (c >= 0x14A && c <= 0x177)) return c | 1;  // Latin Extended-A
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c % 2 == 1 ? c + 1 : c;
  if (c == 0x178) return 0xFF;
  if (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) return c + 0x20;  // Greek
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;                // Cyrillic
  if (c >= 0x410 && c <= 0x42F) return c + 0x20;
  if (c >= 0x1E00 && c <= 0x1E95) return c | 1;  // Latin Extended Additional
  if (c >= 0x1EA0 && c <= 0x1EFF) return c | 1;
  return c;
}

constexpr std::uint32_t upper_case(std::uint32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 0x20 : c;
  if (c >= 0xE0 && c <= 0xFE && c != 0xF7) return c - 0x20;
  if (c == 0xFF) return 0x178;
  if (c == 0xB5) return 0x39C;
  if (c == 0x131) return 'I';
  if (c == 0x17F) return 'S';
  if ((c >= 0x100 && c <= 0x137 && c != 0x130) || (c >= 0x14A && c <= 0x177)) return c & ~1u;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return c % 2 == 0 ? c - 1 : c;
  if (c == 0x3C2) return 0x3A3;
  if (c >= 0x3B1 && c <= 0x3C9) return c - 0x20;
  if (c >= 0x450 && c <= 0x45F) return c - 0x50;
  if (c >= 0x430 && c <= 0x44F) return c - 0x20;
  if (c >= 0x1E00 && c <= 0x1E95) return c & ~1u;
  if (c >= 0x1EA0 && c <= 0x1EFF) return c & ~1u;
  return c;
}

// The one everyday letter whose upper case is two letters is ß.
inline void append_upper(std::string& text, std::uint32_t c) {
  if (c == 0xDF) {
    text += "SS";
  } else {
    append_utf8(text, upper_case(c));
  }
}

}  // namespace pmtune::text::jinja
