#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "files/block_formats.hpp"

namespace pmtune::test {

inline constexpr std::array kBlockFormats{
    files::DType::q4_0,   files::DType::q4_1,   files::DType::q5_0, files::DType::q5_1, files::DType::q8_0,
    files::DType::q2_k,   files::DType::q3_k,   files::DType::q4_k, files::DType::q5_k, files::DType::q6_k,
    files::DType::iq4_nl, files::DType::iq4_xs, files::DType::nf4};

// Where a block has its f16 scale.
inline std::size_t scale_place(files::DType dtype) {
  switch (dtype) {
    case files::DType::q2_k: return 80;
    case files::DType::q3_k: return 108;
    case files::DType::q6_k: return 208;
    default: return 0;
  }
}

// Whether an f16 minimum follows the scale.
inline bool has_minimum(files::DType dtype) {
  switch (dtype) {
    case files::DType::q4_1:
    case files::DType::q5_1:
    case files::DType::q2_k:
    case files::DType::q4_k:
    case files::DType::q5_k: return true;
    default: return false;
  }
}

// Blocks whose numbers are random bytes and whose scales are finite: f16 ordinary, negative, subnormal, zero; those
// of nf4, in f32, as files/quantise.hpp makes them.
inline std::vector<std::byte> random_blocks(files::DType dtype, std::int64_t numbers, unsigned seed) {
  const files::DTypeInfo& form = files::info(dtype);
  const std::size_t blocks = static_cast<std::size_t>(numbers) / form.block;
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(blocks * form.block_bytes);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  const std::uint16_t scales[] = {0x3C00, 0xB123, 0x0001, 0x83FF, 0x0000, 0x8000, 0x2E66, 0x7BFF};
  const float wide_scales[] = {1.0F, 0.0371F, 2e-30F, 0.0F, 3e4F, 0.25F};
  for (std::size_t b = 0; b < blocks; ++b) {
    if (dtype == files::DType::nf4) {
      std::memcpy(bytes.data() + b * form.block_bytes, &wide_scales[b % 6], sizeof(float));
      continue;
    }
    std::byte* const scale = bytes.data() + b * form.block_bytes + scale_place(dtype);
    std::memcpy(scale, &scales[b % 8], 2);
    if (has_minimum(dtype)) std::memcpy(scale + 2, &scales[(b + 3) % 7], 2);
  }
  return bytes;
}

}  // namespace pmtune::test
