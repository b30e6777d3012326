// The whole numbers and scales that quantised blocks are made of, for arithmetic that multiplies the numbers as they
// are. block_formats.hpp turns the same blocks into f32.
#pragma once

#include <cstddef>
#include <cstdint>

#include "files/block_formats.hpp"

namespace pmtune::files {

// 32 numbers of a row: value i is scale[i / 16] * (number[i] - offset) + minimum, offset as in NumberForm.
struct BlockNumbers {
  std::uint8_t number[32];
  float scale[2];  // equal where the format has one scale for 32 numbers
  float minimum;   // 0 where the format has none
};

struct NumberForm {
  bool four_bits;  // all numbers are below 16
  int offset;      // 8 or 128; 0 for formats with a minimum
  bool minimum;
  bool two_scales;  // one for each 16 numbers
  bool half;        // scale and minimum are f16 in the file, and stay exact in it
};

// Null for formats whose numbers are not whole (NF4), have a minimum for each 16 (Q2_K), or are no blocks.
const NumberForm* number_form(DType dtype);

// Part `part` (32 numbers) of the row that begins at `row`. Only for formats that have a NumberForm.
void read_block_numbers(DType dtype, const std::byte* row, std::size_t part, BlockNumbers& out);

}  // namespace pmtune::files
