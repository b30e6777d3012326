#include "files/block_numbers.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "files/iq4_values.hpp"
#include "files/k_scales.hpp"

namespace pmtune::files {
namespace {

using Byte = std::uint8_t;

float half_at(const Byte* from) {
  std::uint16_t bits;
  std::memcpy(&bits, from, sizeof bits);
  return f16_to_f32(bits);
}

void set_scale(BlockNumbers& out, float scale) { out.scale[0] = out.scale[1] = scale; }

// Byte j holds number j in its low half and number j + 16 in its high half.
void read_halves(const Byte* packed, BlockNumbers& out) {
  for (int j = 0; j < 16; ++j) {
    out.number[j] = packed[j] & 15;
    out.number[j + 16] = packed[j] >> 4;
  }
}

void read_4_bits(const Byte* block, bool minimum, BlockNumbers& out) {
  set_scale(out, half_at(block));
  out.minimum = minimum ? half_at(block + 2) : 0;
  read_halves(block + (minimum ? 4 : 2), out);
}

// The fifth bits stand in a word of their own. Without a minimum numbers count from -16; here, as all bytes, from
// -128.
void read_5_bits(const Byte* block, bool minimum, BlockNumbers& out) {
  const Byte* const head = block + (minimum ? 4 : 2);
  read_4_bits(block, minimum, out);
  std::uint32_t fifths;
  std::memcpy(&fifths, head, sizeof fifths);
  read_halves(head + 4, out);
  for (int i = 0; i < 32; ++i) {
    const int number = out.number[i] | static_cast<int>(fifths >> i & 1) << 4;
    out.number[i] = static_cast<Byte>(minimum ? number : number - 16 + 128);
  }
}

void read_8_bits(const Byte* block, BlockNumbers& out) {
  set_scale(out, half_at(block));
  out.minimum = 0;
  for (int i = 0; i < 32; ++i) out.number[i] = block[2 + i] ^ 0x80;
}

void look_up_iq4(BlockNumbers& out) {
  for (Byte& number : out.number) number = static_cast<Byte>(static_cast<int>(kIq4Values[number]) + 128);
}

void read_iq4_nl(const Byte* block, BlockNumbers& out) {
  read_4_bits(block, false, out);
  look_up_iq4(out);
}

void read_iq4_xs(const Byte* block, std::size_t part, BlockNumbers& out) {
  set_scale(out, half_at(block) * static_cast<float>(iq4_xs_scale(block + 2, part)));
  out.minimum = 0;
  read_halves(block + 8 + 16 * part, out);
  look_up_iq4(out);
}

void read_k_scale(const Byte* block, std::size_t part, BlockNumbers& out) {
  const KScale whole = k_scale(block + 4, part);
  set_scale(out, half_at(block) * static_cast<float>(whole.scale));
  out.minimum = -(half_at(block + 2) * static_cast<float>(whole.minimum));
}

void read_q4_k(const Byte* block, std::size_t part, BlockNumbers& out) {
  read_k_scale(block, part, out);
  const Byte* const packed = block + 16 + part / 2 * 32;
  const int shift = part % 2 == 0 ? 0 : 4;
  for (int i = 0; i < 32; ++i) out.number[i] = packed[i] >> shift & 15;
}

void read_q5_k(const Byte* block, std::size_t part, BlockNumbers& out) {
  read_k_scale(block, part, out);
  const Byte* const packed = block + 48 + part / 2 * 32;
  const int shift = part % 2 == 0 ? 0 : 4;
  for (int i = 0; i < 32; ++i)
    out.number[i] = static_cast<Byte>((packed[i] >> shift & 15) | (block[16 + i] >> part & 1) << 4);
}

void read_q6_k(const Byte* block, std::size_t part, BlockNumbers& out) {
  const std::size_t half = part / 4, quarter = part % 4;
  const Byte* const low = block + half * 64 + quarter % 2 * 32;
  const Byte* const high = block + 128 + half * 32;
  const int low_shift = quarter < 2 ? 0 : 4, high_shift = static_cast<int>(2 * quarter);
  const float scale = half_at(block + 208);
  for (std::size_t side = 0; side < 2; ++side)
    out.scale[side] =
        scale * static_cast<float>(static_cast<std::int8_t>(block[192 + half * 8 + quarter * 2 + side]));
  out.minimum = 0;
  for (int i = 0; i < 32; ++i)
    out.number[i] = static_cast<Byte>(((low[i] >> low_shift & 15) | (high[i] >> high_shift & 3) << 4) - 32 + 128);
}

// Each number's third bit is bit `part` of 32 bytes.
void read_q3_k(const Byte* block, std::size_t part, BlockNumbers& out) {
  const Byte* const packed = block + 32 + part / 4 * 32;
  const int shift = static_cast<int>(2 * (part % 4));
  const float scale = half_at(block + 108);
  for (std::size_t side = 0; side < 2; ++side)
    out.scale[side] = scale * static_cast<float>(q3_k_scale(block + 96, 2 * part + side));
  out.minimum = 0;
  for (int i = 0; i < 32; ++i) {
    const int number = (packed[i] >> shift & 3) | (block[i] >> part & 1) << 2;
    out.number[i] = static_cast<Byte>(number - 4 + 128);
  }
}

}  // namespace

const NumberForm* number_form(DType dtype) {
  static constexpr NumberForm q4_0{true, 8, false, false, true}, with_minimum_4{true, 0, true, false, true},
      q4_k{true, 0, true, false, false}, bytes{false, 128, false, false, true},
      iq4_xs{false, 128, false, false, false}, q5_1{false, 0, true, false, true}, q5_k{false, 0, true, false, false},
      two{false, 128, false, true, false};
  switch (dtype) {
    case DType::q4_0: return &q4_0;
    case DType::q4_1: return &with_minimum_4;
    case DType::q4_k: return &q4_k;
    case DType::q5_0:
    case DType::q8_0:
    case DType::iq4_nl: return &bytes;
    case DType::iq4_xs: return &iq4_xs;
    case DType::q5_1: return &q5_1;
    case DType::q5_k: return &q5_k;
    case DType::q3_k:
    case DType::q6_k: return &two;
    default: return nullptr;
  }
}

void read_block_numbers(DType dtype, const std::byte* row, std::size_t part, BlockNumbers& out) {
  const DTypeInfo& about = info(dtype);
  const std::size_t parts = about.block / 32;
  const Byte* const block = reinterpret_cast<const Byte*>(row) + part / parts * about.block_bytes;
  const std::size_t within = part % parts;
  switch (dtype) {
    case DType::q4_0: return read_4_bits(block, false, out);
    case DType::q4_1: return read_4_bits(block, true, out);
    case DType::q5_0: return read_5_bits(block, false, out);
    case DType::q5_1: return read_5_bits(block, true, out);
    case DType::q8_0: return read_8_bits(block, out);
    case DType::iq4_nl: return read_iq4_nl(block, out);
    case DType::iq4_xs: return read_iq4_xs(block, within, out);
    case DType::q3_k: return read_q3_k(block, within, out);
    case DType::q4_k: return read_q4_k(block, within, out);
    case DType::q5_k: return read_q5_k(block, within, out);
    case DType::q6_k: return read_q6_k(block, within, out);
    default: break;
  }
}

}  // namespace pmtune::files
