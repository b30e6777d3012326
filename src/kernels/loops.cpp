// Compiled once for each instruction set, with PMTUNE_ISA naming it (see CMakeLists.txt). Plain loops, written so
// that the compiler vectorises them: no calls, no aliasing, reductions over fixed lanes.
#include "kernels/loops.hpp"

#include "files/iq4_values.hpp"
#include "files/nf4_values.hpp"
#include "kernels/loop_math.hpp"

#ifdef __AVX512BF16__
#include <immintrin.h>  // all of it is always_inline: no function that a linker could share
#endif

namespace pmtune::kernels {
namespace {

// The same for a whole vocabulary, in double precision over blocks: f32 alone would lose two digits over 50,000
// terms, and probabilities that sum to 1 + 1e-6 push every gradient along the mean of the output matrix (measured:
// 4e-4 of an entry).
constexpr i64 kSumBlock = 512;

template <class Term>
inline double long_sum(i64 count, Term term) {
  double sum = 0;
  for (i64 begin = 0; begin < count; begin += kSumBlock) {
    const i64 size = count - begin < kSumBlock ? count - begin : kSumBlock;
    sum += static_cast<double>(lane_sum(size, [term, begin](i64 i) { return term(begin + i); }));
  }
  return sum;
}

template <class T>
void scale_row(const float* __restrict x, const float* __restrict weight, float rstd, T* __restrict y, i64 d) {
  for (i64 i = 0; i < d; ++i) store(y[i], x[i] * rstd * weight[i]);
}

template <class T>
void rms_norm(const float* x, const float* weight, float eps, T* y, float* rstd, i64 rows, i64 d) {
  for (i64 row = 0; row < rows; ++row, x += d, y += d) {
    const float* const __restrict in = x;
    const float mean = lane_sum(d, [in](i64 i) { return in[i] * in[i]; }) / static_cast<float>(d);
    const float scale = 1.0f / __builtin_sqrtf(mean + eps);
    if (rstd) rstd[row] = scale;
    scale_row(x, weight, scale, y, d);
  }
}

template <class T>
void rms_norm_again(const float* x, const float* weight, const float* rstd, T* y, i64 rows, i64 d) {
  for (i64 row = 0; row < rows; ++row) scale_row(x + row * d, weight, rstd[row], y + row * d, d);
}

template <class T>
void rms_norm_backward(const T* dy, const float* x, const float* weight, const float* rstd, float* dx, i64 rows,
                       i64 d) {
  for (i64 row = 0; row < rows; ++row, dy += d, x += d, dx += d) {
    const T* const __restrict g = dy;
    const float* const __restrict in = x;
    const float* const __restrict w = weight;
    float* const __restrict out = dx;
    const float r = rstd[row];
    const float dot = lane_sum(d, [g, in, w](i64 i) { return load(g[i]) * w[i] * in[i]; });
    const float along = dot * r * r * r / static_cast<float>(d);
    for (i64 i = 0; i < d; ++i) out[i] += load(g[i]) * w[i] * r - in[i] * along;
  }
}

template <class T>
void rope(T* x, i64 stride, const float* cos, const float* sin, float sign, i64 rows, i64 heads, i64 dim) {
  const i64 half = dim / 2;
  for (i64 row = 0; row < rows; ++row) {
    const float* const __restrict c = cos + row * half;
    const float* const __restrict s = sin + row * half;
    for (i64 head = 0; head < heads; ++head) {
      T* const __restrict low = x + row * stride + head * dim;
      T* const __restrict high = low + half;
      for (i64 i = 0; i < half; ++i) {
        const float a = load(low[i]), b = load(high[i]), turn = sign * s[i];
        store(low[i], a * c[i] - b * turn);
        store(high[i], b * c[i] + a * turn);
      }
    }
  }
}

template <class T>
float head_rstd(const T* __restrict x, float eps, i64 dim) {
  const float mean = lane_sum(dim, [x](i64 i) { return load(x[i]) * load(x[i]); }) / static_cast<float>(dim);
  return 1.0f / __builtin_sqrtf(mean + eps);
}

template <class T>
void head_norm(T* x, i64 stride, const float* weight, float eps, T* raw, i64 raw_stride, i64 rows, i64 heads,
               i64 dim) {
  for (i64 row = 0; row < rows; ++row)
    for (i64 head = 0; head < heads; ++head) {
      T* const __restrict y = x + row * stride + head * dim;
      if (raw)
        for (i64 i = 0; i < dim; ++i) raw[row * raw_stride + head * dim + i] = y[i];
      const float rstd = head_rstd(y, eps, dim);
      for (i64 i = 0; i < dim; ++i) store(y[i], load(y[i]) * rstd * weight[i]);
    }
}

template <class T>
void head_norm_backward(T* dx, i64 stride, const T* raw, i64 raw_stride, const float* weight, float eps, i64 rows,
                        i64 heads, i64 dim) {
  for (i64 row = 0; row < rows; ++row)
    for (i64 head = 0; head < heads; ++head) {
      T* const __restrict g = dx + row * stride + head * dim;
      const T* const __restrict in = raw + row * raw_stride + head * dim;
      const float* const __restrict w = weight;
      const float r = head_rstd(in, eps, dim);
      const float dot = lane_sum(dim, [g, in, w](i64 i) { return load(g[i]) * w[i] * load(in[i]); });
      const float along = dot * r * r * r / static_cast<float>(dim);
      for (i64 i = 0; i < dim; ++i) store(g[i], load(g[i]) * w[i] * r - load(in[i]) * along);
    }
}

template <class T, class Gate>
void glu(const T* gate_up, T* act, i64 rows, i64 f) {
  for (i64 row = 0; row < rows; ++row) {
    const T* const __restrict gate = gate_up + row * 2 * f;
    const T* const __restrict up = gate + f;
    T* const __restrict out = act + row * f;
    for (i64 i = 0; i < f; ++i) {
      const float g = load(gate[i]);
      store(out[i], g * sigmoid(Gate::inside(g)) * load(up[i]));
    }
  }
}

template <class T, class Gate>
void glu_backward(const T* d_act, T* gate_up, T* act, i64 rows, i64 f) {
  for (i64 row = 0; row < rows; ++row) {
    const T* const __restrict d = d_act + row * f;
    T* const __restrict gate = gate_up + row * 2 * f;
    T* const __restrict up = gate + f;
    T* const __restrict out = act + row * f;
    for (i64 i = 0; i < f; ++i) {
      const float g = load(gate[i]), u = load(up[i]), da = load(d[i]);
      const float s = sigmoid(Gate::inside(g));
      const float value = g * s;
      store(out[i], value * u);
      store(up[i], da * value);
      store(gate[i], da * u * (s + value * (1.0f - s) * Gate::slope(g)));
    }
  }
}

// Natural logarithm of a number of at least 1 (a sum of exponentials with its largest taken out), in double
// precision.
inline double natural_log(double x) { return __builtin_log(x); }

template <class T>
void cross_entropy(T* logits, const i64* targets, float scale, float* losses, i64 rows, i64 vocabulary) {
  for (i64 row = 0; row < rows; ++row, logits += vocabulary) {
    T* const __restrict z = logits;
    const float top = row_max(z, vocabulary);
    const double sum = long_sum(vocabulary, [z, top](i64 i) { return fast_exp(load(z[i]) - top); });
    const float target = load(z[targets[row]]);
    losses[row] = static_cast<float>(natural_log(sum) + (top - target));
    if (scale == 0.0f) continue;
    const float factor = static_cast<float>(scale / sum);
    for (i64 i = 0; i < vocabulary; ++i) store(z[i], fast_exp(load(z[i]) - top) * factor);
    // p - 1 from the unrounded probability: in bf16 the difference of rounded numbers would be too coarse.
    store(z[targets[row]], static_cast<float>(scale * (static_cast<double>(fast_exp(target - top)) / sum - 1.0)));
  }
}

template <class T>
void add_to(const T* __restrict x, float* __restrict y, i64 count) {
  for (i64 i = 0; i < count; ++i) y[i] += load(x[i]);
}

template <class T>
void from_f32(const float* __restrict x, T* __restrict y, i64 count) {
  for (i64 i = 0; i < count; ++i) store(y[i], x[i]);
}

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

// ---- blocks of 256 numbers in eight parts of 32 (files/block_formats.cpp tells how they are laid out) ----

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

template <class T>
constexpr TypedLoops<T> typed() {
  return {rms_norm<T>,      rms_norm_again<T>, rms_norm_backward<T>,
          rope<T>,          head_norm<T>,      head_norm_backward<T>,
          {glu<T, Silu>, glu<T, GeluTanh>},
          {glu_backward<T, Silu>, glu_backward<T, GeluTanh>},
          cross_entropy<T>, add_to<T>,         from_f32<T>,
          from_q4_0,        from_q4_1,         from_q8_0,
          from_q2_k,        from_q3_k,         from_q4_k,
          from_q5_k,        from_q6_k,         from_iq4_nl,
          from_iq4_xs,      from_nf4};
}

}  // namespace

namespace PMTUNE_JOIN(isa_, PMTUNE_ISA) {
  const Loops table = {PMTUNE_TEXT(PMTUNE_ISA), typed<float>(), typed<Bf16>()};
}

}  // namespace pmtune::kernels
