#pragma once

#include <cstdint>

namespace pmtune::text {

// Unicode's White_Space property.
constexpr bool is_white_space(std::uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// What Python's str.strip() removes.
constexpr bool is_python_space(std::uint32_t c) { return is_white_space(c) || (c >= 0x1C && c <= 0x1F); }

}  // namespace pmtune::text
