// Numbers out of quantised blocks (files/block_formats.cpp tells how they are laid out), straight into the element
// type that is wanted. A part of loops.cpp, which is compiled once for each instruction set: all of it is internal to
// it.
#pragma once

#include "files/iq4_values.hpp"
#include "files/nf4_values.hpp"
#include "kernels/loop_math.hpp"

#ifdef __AVX512BF16__
#include <immintrin.h>  // all of it is always_inline: no function that a linker could share
#endif

namespace pmtune::kernels {
namespace {

// A 16-bit float stored little-endian at an unaligned place.
inline float load_half(const unsigned char* from) {
  const std::uint32_t bits = from[0] | static_cast<std::uint32_t>(from[1]) << 8;
  const std::uint32_t magnitude = bits & 0x7FFFu, sign = (bits & 0x8000u) << 16;
  // Below 2^-14 by a subtraction that no flushing of subnormal numbers can change.
  const std::uint32_t small =
      __builtin_bit_cast(std::uint32_t, __builtin_bit_cast(float, magnitude | 0x3F000000u) - 0.5f);
  const std::uint32_t wide = (magnitude << 13) + (112u << 23);
  const std::uint32_t value = magnitude >= 0x7C00u ? wide | 0x7F800000u : magnitude >= 0x0400u ? wide : small;
  return __builtin_bit_cast(float, value | sign);
}

// As load_half, by the instruction where it is sure to exist.
inline float block_scale(const unsigned char* from) {
#ifdef __AVX512BF16__
  short bits;
  __builtin_memcpy(&bits, from, 2);
  return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(bits)));
#else
  return load_half(from);
#endif
}

// scale * number is exact in f32 (11 bits times at most 8), so a fused addition gives what two operations would.
inline float q4_value(float scale, float minimum, int number) { return scale * static_cast<float>(number) + minimum; }

// 32 numbers of 4 bits: byte j holds number j in its low half and number j + 16 in its high half. `first` is what the
// stored number 0 stands for.
template <class T>
inline void unpack_q4(const unsigned char* __restrict packed, float scale, float minimum, int first,
                      T* __restrict out) {
  for (i64 j = 0; j < 16; ++j) store(out[j], q4_value(scale, minimum, (packed[j] & 15) + first));
  for (i64 j = 0; j < 16; ++j) store(out[j + 16], q4_value(scale, minimum, (packed[j] >> 4) + first));
}

#if defined(__AVX512BF16__)
// In bf16 a block has only 16 different values: they are computed once and looked up, 32 numbers an instruction.
// Products of an f16 scale are never subnormal in f32, so the rounding instruction gives what store() does.
inline void look_up(__m512 values, __m512i numbers, Bf16* out) {
  const __m256i table = __builtin_bit_cast(__m256i, _mm512_cvtneps_pbh(values));
  _mm512_storeu_si512(out, _mm512_permutexvar_epi16(numbers, _mm512_castsi256_si512(table)));
}

// The numbers of unpack_q4, in order.
inline __m512i q4_numbers(const unsigned char* packed) {
  const __m256i bytes = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i_u*>(packed)));
  return _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_and_si256(bytes, _mm256_set1_epi16(15))),
                            _mm256_srli_epi16(bytes, 4), 1);
}

inline __m512 broadcast_scale(const unsigned char* from) { return _mm512_set1_ps(block_scale(from)); }

// 0 to 15, and scale * signed byte.
inline __m512 counted() { return _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15); }
inline __m512 scaled(__m512 scale, __m128i bytes) {
  return _mm512_mul_ps(scale, _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes)));
}

inline void store_two(__m512 first, __m512 second, Bf16* out) {
  _mm512_storeu_si512(out, __builtin_bit_cast(__m512i, _mm512_cvtne2ps_pbh(second, first)));
}

void from_q4_0(const unsigned char* row, i64 first, i64 parts, Bf16* y) {
  const __m512 from_minus_8 = _mm512_sub_ps(counted(), _mm512_set1_ps(8));
  for (const unsigned char* x = row + first * 18; parts > 0; --parts, x += 18, y += 32)
    look_up(_mm512_mul_ps(broadcast_scale(x), from_minus_8), q4_numbers(x + 2), y);
}

void from_q4_1(const unsigned char* row, i64 first, i64 parts, Bf16* y) {
  for (const unsigned char* x = row + first * 20; parts > 0; --parts, x += 20, y += 32)
    look_up(_mm512_fmadd_ps(broadcast_scale(x), counted(), broadcast_scale(x + 2)), q4_numbers(x + 4), y);
}

void from_q8_0(const unsigned char* row, i64 first, i64 parts, Bf16* y) {
  for (const unsigned char* x = row + first * 34; parts > 0; --parts, x += 34, y += 32) {
    const __m512 scale = broadcast_scale(x);
    const auto sixteen = [x](i64 at) { return _mm_loadu_si128(reinterpret_cast<const __m128i_u*>(x + 2 + at)); };
    store_two(scaled(scale, sixteen(0)), scaled(scale, sixteen(16)), y);
  }
}
#elif defined(__AVX512BW__)
// In bf16 a block has only 16 different values: they are computed once and looked up, 16 numbers an instruction.
inline void unpack_q4(const unsigned char* __restrict packed, float scale, float minimum, int first,
                      Bf16* __restrict out) {
  using Bytes [[gnu::vector_size(16), gnu::aligned(1), gnu::may_alias]] = unsigned char;
  using Words [[gnu::vector_size(32)]] = unsigned short;
  using StoredWords [[gnu::vector_size(32), gnu::aligned(2), gnu::may_alias]] = unsigned short;
  using Floats [[gnu::vector_size(64)]] = float;
  using Bits [[gnu::vector_size(64)]] = std::uint32_t;
  const Floats counted = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const Floats values = (counted + static_cast<float>(first)) * scale + minimum;
  const Bits bits = __builtin_bit_cast(Bits, values);
  const Bits rounded = (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16;  // as store()
  const Words table =
      __builtin_convertvector((bits & 0x7FFFFFFFu) > 0x7F800000u ? bits * 0 + 0x7FC0u : rounded, Words);
  const Words numbers = __builtin_convertvector(*reinterpret_cast<const Bytes*>(packed), Words);
  *reinterpret_cast<StoredWords*>(out) = __builtin_shuffle(table, numbers & 15);
  *reinterpret_cast<StoredWords*>(out + 16) = __builtin_shuffle(table, numbers >> 4);
}
#endif

template <class T>
void from_q4_0(const unsigned char* row, i64 first, i64 parts, T* y) {
  // -0 as the minimum: adding it changes nothing, not even the sign of a zero.
  for (const unsigned char* x = row + first * 18; parts > 0; --parts, x += 18, y += 32)
    unpack_q4(x + 2, load_half(x), -0.0f, -8, y);
}

template <class T>
void from_q4_1(const unsigned char* row, i64 first, i64 parts, T* y) {
  for (const unsigned char* x = row + first * 20; parts > 0; --parts, x += 20, y += 32)
    unpack_q4(x + 4, load_half(x), load_half(x + 2), 0, y);
}

template <class T>
void from_q8_0(const unsigned char* row, i64 first, i64 parts, T* y) {
  for (const unsigned char* x = row + first * 34; parts > 0; --parts, x += 34, y += 32) {
    const float scale = load_half(x);
    const signed char* const __restrict numbers = reinterpret_cast<const signed char*>(x + 2);
    T* const __restrict out = y;
    for (i64 j = 0; j < 32; ++j) store(out[j], scale * static_cast<float>(numbers[j]));
  }
}

// ---- blocks of 256 numbers in eight parts of 32 ----

struct PartScale {
  float scale, minimum;
};

inline PartScale k_scale(const unsigned char* head, i64 part) {
  const unsigned char* const packed = head + 4;
  const int scale = part < 4 ? packed[part] & 63 : (packed[part + 4] & 15) | packed[part - 4] >> 6 << 4;
  const int minimum = part < 4 ? packed[part + 4] & 63 : packed[part + 4] >> 4 | packed[part] >> 6 << 4;
  return {block_scale(head) * static_cast<float>(scale), block_scale(head + 2) * static_cast<float>(minimum)};
}

template <class T>
inline void part_of_q2_k(const unsigned char* __restrict block, i64 part, T* __restrict out) {
  const unsigned char* const __restrict packed = block + 16 + part / 4 * 32;
  const int shift = static_cast<int>(2 * (part % 4));
  const float scale = load_half(block + 80), minimum = load_half(block + 82);
  for (i64 side = 0; side < 2; ++side) {
    const int both = block[2 * part + side];
    const float of_part = scale * static_cast<float>(both & 15), offset = minimum * static_cast<float>(both >> 4);
    for (i64 j = 16 * side; j < 16 * side + 16; ++j)
      store(out[j], of_part * static_cast<float>(packed[j] >> shift & 3) - offset);
  }
}

inline int q3_k_scale(const unsigned char* packed, i64 index) {
  const int low = index < 8 ? packed[index] & 15 : packed[index - 8] >> 4;
  return (low | (packed[8 + index % 4] >> (2 * (index / 4)) & 3) << 4) - 32;
}

template <class T>
inline void part_of_q3_k(const unsigned char* __restrict block, i64 part, T* __restrict out) {
  const unsigned char* const __restrict thirds = block;
  const unsigned char* const __restrict packed = block + 32 + part / 4 * 32;
  const int shift = static_cast<int>(2 * (part % 4)), bit = static_cast<int>(part);
  const float scale = load_half(block + 108);
  for (i64 side = 0; side < 2; ++side) {
    const float of_part = scale * static_cast<float>(q3_k_scale(block + 96, 2 * part + side));
    for (i64 j = 16 * side; j < 16 * side + 16; ++j)
      store(out[j], of_part * static_cast<float>(((packed[j] >> shift & 3) | (thirds[j] >> bit & 1) << 2) - 4));
  }
}

template <class T>
inline void part_of_q4_k(const unsigned char* __restrict block, i64 part, T* __restrict out) {
  const PartScale s = k_scale(block, part);
  const unsigned char* const __restrict packed = block + 16 + part / 2 * 32;
  const int shift = part % 2 == 0 ? 0 : 4;
  for (i64 j = 0; j < 32; ++j) store(out[j], s.scale * static_cast<float>(packed[j] >> shift & 15) - s.minimum);
}

template <class T>
inline void part_of_q5_k(const unsigned char* __restrict block, i64 part, T* __restrict out) {
  const PartScale s = k_scale(block, part);
  const unsigned char* const __restrict fifths = block + 16;
  const unsigned char* const __restrict packed = block + 48 + part / 2 * 32;
  const int shift = part % 2 == 0 ? 0 : 4, bit = static_cast<int>(part);
  for (i64 j = 0; j < 32; ++j)
    store(out[j], s.scale * static_cast<float>((packed[j] >> shift & 15) | (fifths[j] >> bit & 1) << 4) - s.minimum);
}

template <class T>
inline void part_of_q6_k(const unsigned char* __restrict block, i64 part, T* __restrict out) {
  const i64 half = part / 4, quarter = part % 4;
  const unsigned char* const __restrict low = block + half * 64 + quarter % 2 * 32;
  const unsigned char* const __restrict high = block + 128 + half * 32;
  const int low_shift = quarter < 2 ? 0 : 4, high_shift = static_cast<int>(2 * quarter);
  const float scale = load_half(block + 208);
  const signed char* const scales = reinterpret_cast<const signed char*>(block + 192 + half * 8 + quarter * 2);
  for (i64 side = 0; side < 2; ++side) {
    const float of_part = scale * static_cast<float>(scales[side]);
    for (i64 j = 16 * side; j < 16 * side + 16; ++j)
      store(out[j],
            of_part * static_cast<float>(((low[j] >> low_shift & 15) | (high[j] >> high_shift & 3) << 4) - 32));
  }
}

#ifdef __AVX512BF16__
inline __m256i load_bytes(const unsigned char* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(from));
}

// scale * each of four bytes, and one of the four in all lanes.
inline __m128 four_scaled(float scale, std::uint32_t bytes) {
  const __m128i numbers = _mm_cvtepu8_epi32(_mm_cvtsi32_si128(static_cast<int>(bytes)));
  return _mm_mul_ps(_mm_set1_ps(scale), _mm_cvtepi32_ps(numbers));
}
inline __m512 lane(__m512 values, int index) { return _mm512_permutexvar_ps(_mm512_set1_epi32(index), values); }

inline std::uint32_t load_word(const unsigned char* from) {
  std::uint32_t word;
  __builtin_memcpy(&word, from, 4);
  return word;
}

inline void store_looked_up(__m512i numbers, __m512i table, Bf16* out) {
  _mm512_storeu_si512(out, _mm512_permutexvar_epi16(numbers, table));
}
inline __m512i two_rounded(__m512 first, __m512 second) {
  return __builtin_bit_cast(__m512i, _mm512_cvtne2ps_pbh(second, first));
}

// Four parts, eight scales: 32 different values, one table.
inline void half_of_q2_k(const unsigned char* block, i64 half, Bf16* out) {
  const __m128i both = _mm_loadl_epi64(reinterpret_cast<const __m128i_u*>(block + 8 * half));
  const __m256 low = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_and_si128(both, _mm_set1_epi8(15)))),
               high = _mm256_cvtepi32_ps(
                   _mm256_cvtepu8_epi32(_mm_and_si128(_mm_srli_epi16(both, 4), _mm_set1_epi8(15))));
  const __m512 scales = _mm512_castps256_ps512(_mm256_mul_ps(low, _mm256_set1_ps(block_scale(block + 80)))),
               minimums = _mm512_castps256_ps512(_mm256_mul_ps(high, _mm256_set1_ps(block_scale(block + 82))));
  const __m512i four_each = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  const __m512 to_three = _mm512_setr_ps(0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3);
  const auto values = [&](int first) {
    const __m512i which = _mm512_add_epi32(four_each, _mm512_set1_epi32(first));
    return _mm512_fmsub_ps(_mm512_permutexvar_ps(which, scales), to_three, _mm512_permutexvar_ps(which, minimums));
  };
  const __m512i table = two_rounded(values(0), values(4));
  const __m512i words = _mm512_cvtepu8_epi16(load_bytes(block + 16 + 32 * half));
  // The first 16 numbers of a part look up four values, the last 16 the next four.
  const __m512i sides = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(4), 1);
#pragma GCC unroll 4
  for (int part = 0; part < 4; ++part, out += 32) {
    const __m512i numbers = _mm512_and_si512(_mm512_srli_epi16(words, 2 * part), _mm512_set1_epi16(3));
    store_looked_up(_mm512_add_epi16(numbers, _mm512_add_epi16(sides, _mm512_set1_epi16(8 * part))), table, out);
  }
}

// Four parts; two of them, with four scales, have 32 different values.
inline void half_of_q3_k(const unsigned char* block, i64 half, Bf16* out) {
  const unsigned char* const packed = block + 96;
  const std::uint32_t kFourBits = 0x0F0F0F0Fu, kTwoBits = 0x03030303u;
  const std::uint32_t high = load_word(packed + 8) >> (4 * half);
  const std::uint32_t first = (load_word(packed) >> (4 * half) & kFourBits) | (high & kTwoBits) << 4,
                      second = (load_word(packed + 4) >> (4 * half) & kFourBits) | (high >> 2 & kTwoBits) << 4;
  const float scale = block_scale(block + 108);
  const __m512i eight_each = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  const __m512 from_minus_4 = _mm512_setr_ps(-4, -3, -2, -1, 0, 1, 2, 3, -4, -3, -2, -1, 0, 1, 2, 3);
  const auto table_of = [&](std::uint32_t bytes) {
    const __m128i numbers = _mm_cvtepu8_epi32(_mm_cvtsi32_si128(static_cast<int>(bytes)));
    const __m512 scales = _mm512_castps128_ps512(
        _mm_mul_ps(_mm_set1_ps(scale), _mm_cvtepi32_ps(_mm_sub_epi32(numbers, _mm_set1_epi32(32)))));
    const auto values = [&](int from) {
      const __m512i which = _mm512_add_epi32(eight_each, _mm512_set1_epi32(from));
      return _mm512_mul_ps(_mm512_permutexvar_ps(which, scales), from_minus_4);
    };
    return two_rounded(values(0), values(2));
  };
  const __m512i tables[2] = {table_of(first), table_of(second)};
  const __m512i words = _mm512_cvtepu8_epi16(load_bytes(block + 32 + 32 * half)),
                thirds = _mm512_srli_epi16(_mm512_cvtepu8_epi16(load_bytes(block)), static_cast<unsigned>(4 * half));
  const __m512i sides = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(8), 1);
#pragma GCC unroll 4
  for (int part = 0; part < 4; ++part, out += 32) {
    const __m512i low = _mm512_and_si512(_mm512_srli_epi16(words, 2 * part), _mm512_set1_epi16(3)),
                  third =
                      _mm512_slli_epi16(_mm512_and_si512(_mm512_srli_epi16(thirds, part), _mm512_set1_epi16(1)), 2);
    const __m512i place = _mm512_add_epi16(sides, _mm512_set1_epi16(16 * (part % 2)));
    store_looked_up(_mm512_add_epi16(_mm512_or_si512(low, third), place), tables[part / 2], out);
  }
}

// Four parts, whose scales are unpacked together (k_scale tells how one is).
inline void half_of_q4_k(const unsigned char* block, i64 half, Bf16* out) {
  constexpr std::uint32_t kSixBits = 0x3F3F3F3Fu, kFourBits = 0x0F0F0F0Fu, kTopBits = 0xC0C0C0C0u;
  const std::uint32_t first = load_word(block + 4), second = load_word(block + 8), third = load_word(block + 12);
  const std::uint32_t scales = half == 0 ? first & kSixBits : (third & kFourBits) | (first & kTopBits) >> 2;
  const std::uint32_t minimums = half == 0 ? second & kSixBits : (third >> 4 & kFourBits) | (second & kTopBits) >> 2;
  const __m512 scale = _mm512_castps128_ps512(four_scaled(block_scale(block), scales)),
               minimum = _mm512_castps128_ps512(four_scaled(block_scale(block + 2), minimums));
  for (int pair = 0; pair < 2; ++pair, out += 64) {
    const __m512i words = _mm512_cvtepu8_epi16(load_bytes(block + 16 + half * 64 + pair * 32));
    const auto values = [&](int part) { return _mm512_fmsub_ps(lane(scale, part), counted(), lane(minimum, part)); };
    look_up(values(2 * pair), _mm512_and_si512(words, _mm512_set1_epi16(15)), out);
    look_up(values(2 * pair + 1), _mm512_srli_epi16(words, 4), out + 32);
  }
}

inline void half_of_q6_k(const unsigned char* block, i64 half, Bf16* out) {
  const __m256i low[2] = {load_bytes(block + half * 64), load_bytes(block + half * 64 + 32)},
                high = load_bytes(block + 128 + half * 32), four_bits = _mm256_set1_epi8(15),
                two_bits = _mm256_set1_epi8(3);
  const __m128i packed = _mm_loadl_epi64(reinterpret_cast<const __m128i_u*>(block + 192 + half * 8));
  const __m512 scales = _mm512_castps256_ps512(
      _mm256_mul_ps(_mm256_set1_ps(block_scale(block + 208)), _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(packed))));
#pragma GCC unroll 4
  for (int part = 0; part < 4; ++part, out += 32) {
    // Shifted as 16-bit words: what comes over from the neighbour is masked out.
    const __m256i ones = _mm256_and_si256(part < 2 ? low[part] : _mm256_srli_epi16(low[part - 2], 4), four_bits);
    const __m256i sixteens = _mm256_slli_epi16(_mm256_and_si256(_mm256_srli_epi16(high, 2 * part), two_bits), 4);
    const __m256i numbers = _mm256_sub_epi8(_mm256_or_si256(ones, sixteens), _mm256_set1_epi8(32));
    store_two(scaled(lane(scales, 2 * part), _mm256_castsi256_si128(numbers)),
              scaled(lane(scales, 2 * part + 1), _mm256_extracti128_si256(numbers, 1)), out);
  }
}

// Halves of blocks where they are whole, and what is left by parts.
template <class Half, class Part>
inline void by_halves(const unsigned char* row, i64 first, i64 parts, i64 block_bytes, Bf16* y, Half half,
                      Part part) {
  for (const i64 end = first + parts; first < end;) {
    const unsigned char* const block = row + first / 8 * block_bytes;
    const bool whole = first % 4 == 0 && first + 4 <= end;
    whole ? half(block, first % 8 / 4, y) : part(block, first % 8, y);
    first += whole ? 4 : 1;
    y += whole ? 128 : 32;
  }
}

void from_q2_k(const unsigned char* row, i64 first, i64 parts, Bf16* y) {
  by_halves(row, first, parts, 84, y, half_of_q2_k, part_of_q2_k<Bf16>);
}

void from_q3_k(const unsigned char* row, i64 first, i64 parts, Bf16* y) {
  by_halves(row, first, parts, 110, y, half_of_q3_k, part_of_q3_k<Bf16>);
}

void from_q4_k(const unsigned char* row, i64 first, i64 parts, Bf16* y) {
  by_halves(row, first, parts, 144, y, half_of_q4_k, part_of_q4_k<Bf16>);
}

void from_q6_k(const unsigned char* row, i64 first, i64 parts, Bf16* y) {
  by_halves(row, first, parts, 210, y, half_of_q6_k, part_of_q6_k<Bf16>);
}
#endif

template <class T>
void from_q2_k(const unsigned char* row, i64 first, i64 parts, T* y) {
  for (i64 p = first; p < first + parts; ++p, y += 32) part_of_q2_k(row + p / 8 * 84, p % 8, y);
}

template <class T>
void from_q3_k(const unsigned char* row, i64 first, i64 parts, T* y) {
  for (i64 p = first; p < first + parts; ++p, y += 32) part_of_q3_k(row + p / 8 * 110, p % 8, y);
}

template <class T>
void from_q4_k(const unsigned char* row, i64 first, i64 parts, T* y) {
  for (i64 p = first; p < first + parts; ++p, y += 32) part_of_q4_k(row + p / 8 * 144, p % 8, y);
}

template <class T>
void from_q5_k(const unsigned char* row, i64 first, i64 parts, T* y) {
  for (i64 p = first; p < first + parts; ++p, y += 32) part_of_q5_k(row + p / 8 * 176, p % 8, y);
}

template <class T>
void from_q6_k(const unsigned char* row, i64 first, i64 parts, T* y) {
  for (i64 p = first; p < first + parts; ++p, y += 32) part_of_q6_k(row + p / 8 * 210, p % 8, y);
}

// ---- 4 bits that stand for 16 values of uneven distance (files/nf4_values.hpp, iq4_values.hpp) ----

template <class T>
inline void from_table(const unsigned char* __restrict packed, const float* table, float scale, T* __restrict out) {
  T values[16];
  for (i64 i = 0; i < 16; ++i) store(values[i], table[i] * scale);
  for (i64 j = 0; j < 16; ++j) out[j] = values[packed[j] & 15];
  for (i64 j = 0; j < 16; ++j) out[j + 16] = values[packed[j] >> 4];
}

#if defined(__AVX512BF16__)
inline void from_table(const unsigned char* packed, const float* table, float scale, Bf16* out) {
  look_up(_mm512_mul_ps(_mm512_loadu_ps(table), _mm512_set1_ps(scale)), q4_numbers(packed), out);
}
#endif

inline float nf4_scale(const unsigned char* block) {
  float scale;
  __builtin_memcpy(&scale, block, 4);
  return scale;
}

template <class T>
void from_nf4(const unsigned char* row, i64 first, i64 parts, T* y) {
  for (i64 p = first; p < first + parts; ++p, y += 32) {
    const unsigned char* const block = row + p / 2 * 36;
    from_table(block + 4 + 16 * (p % 2), files::kNf4Values, nf4_scale(block), y);
  }
}

template <class T>
void from_iq4_nl(const unsigned char* row, i64 first, i64 parts, T* y) {
  for (const unsigned char* x = row + first * 18; parts > 0; --parts, x += 18, y += 32)
    from_table(x + 2, files::kIq4Values, block_scale(x), y);
}

inline float iq4_xs_scale(const unsigned char* block, i64 part) {
  const int low = block[4 + part / 2] >> (4 * (part % 2)) & 15, high = block[2 + part / 4] >> (2 * (part % 4)) & 3;
  return block_scale(block) * static_cast<float>((low | high << 4) - 32);
}

template <class T>
void from_iq4_xs(const unsigned char* row, i64 first, i64 parts, T* y) {
  for (i64 p = first; p < first + parts; ++p, y += 32) {
    const unsigned char* const block = row + p / 8 * 136;
    from_table(block + 8 + 16 * (p % 8), files::kIq4Values, iq4_xs_scale(block, p % 8), y);
  }
}

}  // namespace
}  // namespace pmtune::kernels
