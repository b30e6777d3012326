// How numbers are stored in model files: plain floats and the quantised blocks of GGUF; and NF4, which is made when a
// model is loaded.
// Layouts: the GGUF specification and ggml's block definitions (https://github.com/ggml-org/ggml, docs/gguf.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pmtune::files {

enum class DType : std::uint8_t {
  f32,
  f16,
  bf16,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q2_k,
  q3_k,
  q4_k,
  q5_k,
  q6_k,
  iq4_nl,
  iq4_xs,
  nf4,
  i8,
  u8,
  i16,
  i32,
  i64,
  f64,
  boolean
};

struct DTypeInfo {
  std::string_view name;    // "f32", "q4_0", ...
  std::size_t block;        // numbers in a block; 1 for plain types
  std::size_t block_bytes;  // bytes of a block
};
const DTypeInfo& info(DType dtype);

// What `count` numbers, whole blocks of them, take. For sizes that were checked when the file was opened.
std::size_t stored_bytes(DType dtype, std::size_t count);

// Writes `count` numbers (a multiple of the block) as f32, bit for bit as ggml's reference dequantisation does.
// `bytes` need not be aligned. Throws unsupported for types that hold no floats (i8 ... boolean).
void dequantise(DType dtype, const std::byte* bytes, std::size_t count, float* out);

// The numbers [first, first + count) of a row that begins at `row`, for quantised formats: both multiples of 32, also
// where a block has more.
void dequantise_part(DType dtype, const std::byte* row, std::size_t first, std::size_t count, float* out);

float f16_to_f32(std::uint16_t bits);
// Rounded to nearest, ties to even; beyond the largest f16, infinity.
std::uint16_t f32_to_f16(float value);
inline float bf16_to_f32(std::uint16_t bits) {
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(bits) << 16);
}

}  // namespace pmtune::files
