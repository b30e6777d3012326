#pragma once

// The scales of the K formats as whole numbers, and of IQ4_XS: how they lie in the head of a block of 256 numbers.
// The layouts are llama.cpp's (ggml-quants).

#include <cstddef>
#include <cstdint>

namespace pmtune::files {

struct KScale {
  int scale, minimum;
};

// Q4_K and Q5_K. Twelve bytes hold eight scales and eight minimums of 6 bits: the first four of each in the low bits of
// bytes 0..3 and 4..7, the last four split between bytes 8..11 and the two high bits of the others.
inline KScale k_scale(const std::uint8_t* packed, std::size_t part) {
  if (part < 4) return {packed[part] & 63, packed[part + 4] & 63};
  return {(packed[part + 4] & 15) | packed[part - 4] >> 6 << 4, packed[part + 4] >> 4 | packed[part] >> 6 << 4};
}

// Q3_K. Twelve bytes hold sixteen scales of 6 bits, counted from -32: the low four bits in the halves of bytes 0..7,
// the high two in bytes 8..11.
inline int q3_k_scale(const std::uint8_t* packed, std::size_t index) {
  const int low = index < 8 ? packed[index] & 15 : packed[index - 8] >> 4;
  return (low | (packed[8 + index % 4] >> (2 * (index / 4)) & 3) << 4) - 32;
}

// IQ4_XS. Eight scales of 6 bits, counted from -32: the high two bits in bytes 0 and 1, the low four in bytes 2..5.
inline int iq4_xs_scale(const std::uint8_t* packed, std::size_t part) {
  const int low = packed[2 + part / 2] >> (4 * (part % 2)) & 15, high = packed[part / 4] >> (2 * (part % 4)) & 3;
  return (low | high << 4) - 32;
}

}  // namespace pmtune::files
