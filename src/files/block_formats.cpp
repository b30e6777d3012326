#include "files/block_formats.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/fail.hpp"
#include "files/iq4_values.hpp"
#include "files/k_scales.hpp"
#include "files/nf4_values.hpp"

namespace pmtune::files {
namespace {

constexpr std::size_t block = 32;         // numbers in a block of the simple quantised formats
constexpr std::size_t super_block = 256;  // of the K formats: eight parts of 32 with scales of their own

// In the order of DType.
constexpr std::array<DTypeInfo, 23> infos = {{
    {"f32", 1, 4},
    {"f16", 1, 2},
    {"bf16", 1, 2},
    {"q4_0", block, 2 + 16},
    {"q4_1", block, 2 + 2 + 16},
    {"q5_0", block, 2 + 4 + 16},
    {"q5_1", block, 2 + 2 + 4 + 16},
    {"q8_0", block, 2 + 32},
    {"q2_k", super_block, 16 + 64 + 2 + 2},
    {"q3_k", super_block, 32 + 64 + 12 + 2},
    {"q4_k", super_block, 2 + 2 + 12 + 128},
    {"q5_k", super_block, 2 + 2 + 12 + 32 + 128},
    {"q6_k", super_block, 128 + 64 + 16 + 2},
    {"iq4_nl", block, 2 + 16},
    {"iq4_xs", super_block, 2 + 2 + 4 + 128},
    {"nf4", 2 * block, 4 + 32},
    {"i8", 1, 1},
    {"u8", 1, 1},
    {"i16", 1, 2},
    {"i32", 1, 4},
    {"i64", 1, 8},
    {"f64", 1, 8},
    {"bool", 1, 1},
}};
static_assert(std::endian::native == std::endian::little, "model files are little-endian and are read in place");

using Byte = unsigned char;

template <class Int>
inline Int load(const Byte* from) {
  Int value;
  std::memcpy(&value, from, sizeof value);  // the data may be unaligned
  return value;
}

// Without branches, so that a loop over it becomes vector code. It must not depend on the processor's treatment of
// subnormal numbers (torch can have them flushed to zero), hence the subtraction instead of a scaling.
inline float widen_f16(std::uint32_t bits) {
  const std::uint32_t magnitude = bits & 0x7FFFU;
  const std::uint32_t sign = (bits & 0x8000U) << 16;
  const std::uint32_t rebiased = (magnitude << 13) + ((127U - 15U) << 23);
  const std::uint32_t infinite = rebiased | 0x7F800000U;  // infinity and NaN, whose payload stays as it is
  const float small = std::bit_cast<float>(magnitude | 0x3F000000U) - 0.5F;  // magnitude * 2^-24, exactly
  // Chosen by masks: GCC turns a ?: around the subtraction back into a branch.
  const std::uint32_t is_small = magnitude < 0x0400U ? ~0U : 0U;
  const std::uint32_t wide = magnitude >= 0x7C00U ? infinite : rebiased;
  const std::uint32_t bits_of_small = std::bit_cast<std::uint32_t>(small);
  return std::bit_cast<float>((bits_of_small & is_small) | (wide & ~is_small) | sign);
}

inline float load_f16(const Byte* from) { return widen_f16(load<std::uint16_t>(from)); }

void from_f16(const Byte* __restrict from, std::size_t count, float* __restrict out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = widen_f16(load<std::uint16_t>(from + 2 * i));
}

void from_bf16(const Byte* __restrict from, std::size_t count, float* __restrict out) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t wide = static_cast<std::uint32_t>(load<std::uint16_t>(from + 2 * i)) << 16;
    std::memcpy(out + i, &wide, sizeof wide);  // as bits: a signalling NaN must come through unchanged
  }
}

// In the formats below scale * number is exact in f32 (11 bits times at most 8), so that it does not matter whether
// the compiler fuses it with the addition that follows.

// 4 bits: byte j holds number j in its low half and number j+16 in its high half. With `Minimum` the block has an
// offset of its own; without, numbers count from -8.
template <bool Minimum>
void from_4_bits(const Byte* __restrict from, std::size_t blocks, float* __restrict out) {
  constexpr std::size_t head = Minimum ? 4 : 2;
  constexpr int shift = Minimum ? 0 : 8;
  for (std::size_t b = 0; b < blocks; ++b, from += head + 16, out += block) {
    const float scale = load_f16(from);
    const float minimum = Minimum ? load_f16(from + 2) : 0.0F;
    const Byte* __restrict packed = from + head;
    for (std::size_t j = 0; j < 16; ++j) {
      const float low = scale * static_cast<float>((packed[j] & 15) - shift);
      const float high = scale * static_cast<float>((packed[j] >> 4) - shift);
      out[j] = Minimum ? low + minimum : low;
      out[j + 16] = Minimum ? high + minimum : high;
    }
  }
}

// 5 bits: four as above, and the fifth of number i is bit i of a 32-bit word.
constexpr std::array<std::uint32_t, block> bit_of = [] {
  std::array<std::uint32_t, block> bits{};
  for (std::size_t i = 0; i < block; ++i) bits[i] = 1U << i;
  return bits;
}();

template <bool Minimum>
void from_5_bits(const Byte* __restrict from, std::size_t blocks, float* __restrict out) {
  constexpr std::size_t head = Minimum ? 4 : 2;
  constexpr int shift = Minimum ? 0 : 16;
  for (std::size_t b = 0; b < blocks; ++b, from += head + 4 + 16, out += block) {
    const float scale = load_f16(from);
    const float minimum = Minimum ? load_f16(from + 2) : 0.0F;
    const auto fifths = load<std::uint32_t>(from + head);
    const Byte* __restrict packed = from + head + 4;
    for (std::size_t j = 0; j < 16; ++j) {
      // Masked and compared, not shifted by j: plain SSE2 cannot shift each lane by its own amount.
      const int low_bit = (fifths & bit_of[j]) != 0 ? 16 : 0;
      const int high_bit = (fifths & bit_of[j + 16]) != 0 ? 16 : 0;
      const float low = scale * static_cast<float>(((packed[j] & 15) | low_bit) - shift);
      const float high = scale * static_cast<float>(((packed[j] >> 4) | high_bit) - shift);
      out[j] = Minimum ? low + minimum : low;
      out[j + 16] = Minimum ? high + minimum : high;
    }
  }
}

void from_8_bits(const Byte* __restrict from, std::size_t blocks, float* __restrict out) {
  for (std::size_t b = 0; b < blocks; ++b, from += 2 + block, out += block) {
    const float scale = load_f16(from);
    const Byte* __restrict numbers = from + 2;
    for (std::size_t j = 0; j < block; ++j) out[j] = scale * static_cast<float>(static_cast<signed char>(numbers[j]));
  }
}

// 4 bits that stand for 16 values of uneven distance. Two halves as in from_4_bits.
void from_table(const Byte* __restrict packed, const float* table, float scale, float* __restrict out) {
  for (std::size_t j = 0; j < block / 2; ++j) {
    out[j] = table[packed[j] & 15] * scale;
    out[j + block / 2] = table[packed[j] >> 4] * scale;
  }
}

void from_iq4_nl(const Byte* from, std::size_t blocks, float* out) {
  for (std::size_t b = 0; b < blocks; ++b, from += 2 + 16, out += block)
    from_table(from + 2, kIq4Values, load_f16(from), out);
}

// ---- K formats: a block has an f16 scale (and minimum), and each part of it a scale of 6 or 8 bits ----

struct PartScale {
  float scale, minimum;
};

inline PartScale part_scale(const Byte* head, std::size_t part) {
  const KScale whole = k_scale(head + 4, part);
  return {load_f16(head) * static_cast<float>(whole.scale), load_f16(head + 2) * static_cast<float>(whole.minimum)};
}

// Halves of 128 numbers; the four parts of a half share 32 bytes. Scale and minimum serve 16 numbers, and have four
// bits each in one byte. Products of scale and number are exact in all these formats: 11 + 6 + 5 bits at most.
void part_of_q2_k(const Byte* __restrict from, std::size_t part, float* __restrict out) {
  const Byte* __restrict packed = from + 16 + part / 4 * 32;
  const int shift = static_cast<int>(2 * (part % 4));
  const float scale = load_f16(from + 80), minimum = load_f16(from + 82);
  for (std::size_t side = 0; side < 2; ++side) {
    const Byte both = from[2 * part + side];
    const float of_part = scale * static_cast<float>(both & 15), offset = minimum * static_cast<float>(both >> 4);
    for (std::size_t j = 16 * side; j < 16 * side + 16; ++j)
      out[j] = of_part * static_cast<float>(packed[j] >> shift & 3) - offset;
  }
}

// As Q2_K, with a third bit for each number, bit `part` of 32 bytes; numbers count from -4.
void part_of_q3_k(const Byte* __restrict from, std::size_t part, float* __restrict out) {
  const Byte* __restrict thirds = from;
  const Byte* __restrict packed = from + 32 + part / 4 * 32;
  const int shift = static_cast<int>(2 * (part % 4));
  const float scale = load_f16(from + 108);
  for (std::size_t side = 0; side < 2; ++side) {
    const float of_part = scale * static_cast<float>(q3_k_scale(from + 96, 2 * part + side));
    for (std::size_t j = 16 * side; j < 16 * side + 16; ++j)
      out[j] = of_part * static_cast<float>(((packed[j] >> shift & 3) | (thirds[j] >> part & 1) << 2) - 4);
  }
}

void part_of_q4_k(const Byte* __restrict from, std::size_t part, float* __restrict out) {
  const PartScale s = part_scale(from, part);
  const Byte* __restrict packed = from + 16 + part / 2 * 32;
  const int shift = part % 2 == 0 ? 0 : 4;
  for (std::size_t j = 0; j < 32; ++j) out[j] = s.scale * static_cast<float>(packed[j] >> shift & 15) - s.minimum;
}

void part_of_q5_k(const Byte* __restrict from, std::size_t part, float* __restrict out) {
  const PartScale s = part_scale(from, part);
  const Byte* __restrict fifths = from + 16;
  const Byte* __restrict packed = from + 48 + part / 2 * 32;
  const int shift = part % 2 == 0 ? 0 : 4;
  for (std::size_t j = 0; j < 32; ++j)
    out[j] = s.scale * static_cast<float>((packed[j] >> shift & 15) | (fifths[j] >> part & 1) << 4) - s.minimum;
}

// Halves of 128 numbers; the four parts of a half share 64 bytes of low bits and 32 of high bits. A scale serves 16.
void part_of_q6_k(const Byte* __restrict from, std::size_t part, float* __restrict out) {
  const std::size_t half = part / 4, quarter = part % 4;
  const Byte* __restrict low = from + half * 64 + quarter % 2 * 32;
  const Byte* __restrict high = from + 128 + half * 32;
  const int low_shift = quarter < 2 ? 0 : 4, high_shift = static_cast<int>(2 * quarter);
  const float scale = load_f16(from + 208);
  for (std::size_t side = 0; side < 2; ++side) {
    const float of_part =
        scale * static_cast<float>(static_cast<signed char>(from[192 + half * 8 + quarter * 2 + side]));
    for (std::size_t j = 16 * side; j < 16 * side + 16; ++j)
      out[j] = of_part * static_cast<float>(((low[j] >> low_shift & 15) | (high[j] >> high_shift & 3) << 4) - 32);
  }
}

// The values of IQ4_NL.
void part_of_iq4_xs(const Byte* from, std::size_t part, float* out) {
  const float scale = load_f16(from) * static_cast<float>(iq4_xs_scale(from + 2, part));
  from_table(from + 8 + part * block / 2, kIq4Values, scale, out);
}

// A half of a block, with the block's scale.
void part_of_nf4(const Byte* from, std::size_t part, float* out) {
  const float scale = std::bit_cast<float>(load<std::uint32_t>(from));
  from_table(from + sizeof scale + part * block / 2, kNf4Values, scale, out);
}

using PartReader = void (*)(const Byte*, std::size_t, float*);

PartReader part_reader(DType dtype) {
  switch (dtype) {
    case DType::q2_k: return part_of_q2_k;
    case DType::q3_k: return part_of_q3_k;
    case DType::q4_k: return part_of_q4_k;
    case DType::q5_k: return part_of_q5_k;
    case DType::q6_k: return part_of_q6_k;
    case DType::iq4_xs: return part_of_iq4_xs;
    case DType::nf4: return part_of_nf4;
    default: return nullptr;
  }
}

}  // namespace

void dequantise_part(DType dtype, const std::byte* row, std::size_t first, std::size_t count, float* out) {
  const DTypeInfo& format = info(dtype);
  const PartReader read = part_reader(dtype);
  if (!read) return dequantise(dtype, row + first / format.block * format.block_bytes, count, out);
  const Byte* from = reinterpret_cast<const Byte*>(row);
  for (std::size_t i = first; i < first + count; i += block, out += block)
    read(from + i / format.block * format.block_bytes, i % format.block / block, out);
}

const DTypeInfo& info(DType dtype) {
  const auto place = static_cast<std::size_t>(dtype);
  if (place >= infos.size()) fail(Code::internal, "There is no number format ", place, "; please report this.");
  return infos[place];
}

std::size_t stored_bytes(DType dtype, std::size_t count) {
  const DTypeInfo& format = info(dtype);
  return count / format.block * format.block_bytes;
}

float f16_to_f32(std::uint16_t bits) { return widen_f16(bits); }

std::uint16_t f32_to_f16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
  const float magnitude = std::fabs(value);
  if (std::isnan(value)) return sign | 0x7E00U;
  if (!(magnitude < 65520.0F)) return sign | 0x7C00U;
  if (magnitude < 6.103515625e-5F)  // subnormal: counted in steps of 2^-24, which nearbyint rounds to even
    return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(std::nearbyint(magnitude * 16777216.0F)));
  const std::uint32_t rounded = (bits & 0x7FFFFFFFU) + 0xFFFU + (bits >> 13 & 1U);
  return static_cast<std::uint16_t>(sign | (rounded - (112U << 23)) >> 13);
}

void dequantise(DType dtype, const std::byte* bytes, std::size_t count, float* out) {
  const DTypeInfo& format = info(dtype);
  if (count % format.block != 0)
    fail(Code::invalid_argument, "Numbers stored as ", format.name, " come in blocks of ", format.block, ", and ",
         count, " is not a multiple of that; ask for whole rows.");
  if (count == 0) return;  // an empty tensor may have no memory at all
  const Byte* from = reinterpret_cast<const Byte*>(bytes);
  const std::size_t blocks = count / format.block;
  switch (dtype) {
    case DType::f32: std::memcpy(out, from, count * sizeof(float)); return;
    case DType::f16: return from_f16(from, count, out);
    case DType::bf16: return from_bf16(from, count, out);
    case DType::q4_0: return from_4_bits<false>(from, blocks, out);
    case DType::q4_1: return from_4_bits<true>(from, blocks, out);
    case DType::q5_0: return from_5_bits<false>(from, blocks, out);
    case DType::q5_1: return from_5_bits<true>(from, blocks, out);
    case DType::q8_0: return from_8_bits(from, blocks, out);
    case DType::iq4_nl: return from_iq4_nl(from, blocks, out);
    case DType::q2_k:
    case DType::q3_k:
    case DType::q4_k:
    case DType::q5_k:
    case DType::q6_k:
    case DType::iq4_xs:
    case DType::nf4: return dequantise_part(dtype, bytes, 0, count, out);
    default: break;
  }
  fail(Code::unsupported, "Weights are stored as ", format.name,
       ", which pmtune does not convert; choose a file of the same model stored as F32, F16 or BF16.");
}

}  // namespace pmtune::files
