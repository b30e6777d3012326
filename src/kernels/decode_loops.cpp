// Compiled once for each instruction set, with PMTUNE_ISA naming it (see CMakeLists.txt). Vectors of W numbers are
// GCC's own (so that one text serves all sets); only the dot products of bytes are written for each.
#include "kernels/decode_loops.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "kernels/loop_math.hpp"

namespace pmtune::kernels {
namespace {

#if defined(__AVX512F__)
constexpr int W = 16;
constexpr int kMostRows = 8;
#elif defined(__AVX2__)
constexpr int W = 8;
constexpr int kMostRows = 4;
#else
constexpr int W = 4;
constexpr int kMostRows = 4;
#endif

using Floats = float __attribute__((vector_size(4 * W)));
using Ints = int __attribute__((vector_size(4 * W)));
using Bytes = unsigned char __attribute__((vector_size(4 * W)));
using Halves = unsigned short __attribute__((vector_size(2 * W)));
using Chars = signed char __attribute__((vector_size(W)));
using LooseFloats = float __attribute__((vector_size(4 * W), aligned(1), may_alias));
using LooseInts = int __attribute__((vector_size(4 * W), aligned(1), may_alias));
using LooseBytes = unsigned char __attribute__((vector_size(4 * W), aligned(1), may_alias));
using LooseHalves = unsigned short __attribute__((vector_size(2 * W), aligned(1), may_alias));
using LooseChars = signed char __attribute__((vector_size(W), aligned(1), may_alias));

inline Floats all(float x) { return x - Floats{}; }  // 0 + x would not be x when that is -0
inline Ints all(int x) { return Ints{} + x; }
inline Floats floats(const float* from) { return *reinterpret_cast<const LooseFloats*>(from); }
inline void put(float* to, Floats x) { *reinterpret_cast<LooseFloats*>(to) = x; }
inline Floats to_floats(Ints x) { return __builtin_convertvector(x, Floats); }
inline Floats widened(const float* from) { return floats(from); }
inline Floats widened(const Bf16* from) {
  const Halves bits = *reinterpret_cast<const LooseHalves*>(from);
  using Wide = unsigned int __attribute__((vector_size(4 * W)));
  return reinterpret_cast<Floats>(__builtin_convertvector(bits, Wide) << 16);
}
inline Floats widened(const signed char* from) {
  return __builtin_convertvector(*reinterpret_cast<const LooseChars*>(from), Floats);
}

inline Floats fused(Floats a, Floats b, Floats c) {
#if defined(__AVX512F__)
  return reinterpret_cast<Floats>(
      _mm512_fmadd_ps(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), reinterpret_cast<__m512>(c)));
#elif defined(__FMA__)
  return reinterpret_cast<Floats>(
      _mm256_fmadd_ps(reinterpret_cast<__m256>(a), reinterpret_cast<__m256>(b), reinterpret_cast<__m256>(c)));
#elif defined(__aarch64__)
  return reinterpret_cast<Floats>(vfmaq_f32(reinterpret_cast<float32x4_t>(c), reinterpret_cast<float32x4_t>(a),
                                            reinterpret_cast<float32x4_t>(b)));
#else
  return a * b + c;
#endif
}

inline float half_to_float(unsigned short bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t magnitude = bits & 0x7FFFu;
  if (magnitude >= 0x7C00u) return __builtin_bit_cast(float, sign | 0x7F800000u | (magnitude & 0x3FFu) << 13);
  if (magnitude < 0x400u) {
    const float small = static_cast<float>(magnitude) * 0x1.0p-24f;
    return __builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, small) | sign);
  }
  return __builtin_bit_cast(float, sign | ((magnitude << 13) + 0x38000000u));
}

// W numbers of 16 bits
inline Floats from_halves(const unsigned char* from) {
#if defined(__AVX512F__)
  return reinterpret_cast<Floats>(_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(from))));
#elif defined(__F16C__)
  return reinterpret_cast<Floats>(_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i_u*>(from))));
#elif defined(__aarch64__)
  return reinterpret_cast<Floats>(vcvt_f32_f16(vreinterpret_f16_u8(vld1_u8(from))));
#else
  Floats out{};
  for (int i = 0; i < W; ++i) {
    unsigned short bits;
    __builtin_memcpy(&bits, from + 2 * i, 2);
    out[i] = half_to_float(bits);
  }
  return out;
#endif
}

// ---- Dot products of four bytes: W numbers acc[i] + sum over j < 4 of w[4 i + j] * x[j] ----
// w is unsigned. Small: below 16, where the plain instructions for bytes cannot overflow.

inline Ints four_bytes(const signed char* x) {
  int word;
  __builtin_memcpy(&word, x, 4);
  return all(word);
}

#if defined(__AVX512VNNI__)
template <bool Small>
inline Ints dot(Ints acc, Bytes w, const signed char* x) {
  return reinterpret_cast<Ints>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(acc), reinterpret_cast<__m512i>(w),
                                                    reinterpret_cast<__m512i>(four_bytes(x))));
}
#elif defined(__AVX512F__)
template <bool Small>
inline Ints dot(Ints acc, Bytes w, const signed char* x) {
  const __m512i words = reinterpret_cast<__m512i>(four_bytes(x));
  if constexpr (Small) {
    const __m512i pairs = _mm512_maddubs_epi16(reinterpret_cast<__m512i>(w), words);
    return acc + reinterpret_cast<Ints>(_mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
  } else {
    const Bytes low = w & 15, high = w >> 4;
    return acc +
           reinterpret_cast<Ints>(
               _mm512_madd_epi16(_mm512_maddubs_epi16(reinterpret_cast<__m512i>(low), words), _mm512_set1_epi16(1))) +
           reinterpret_cast<Ints>(_mm512_madd_epi16(_mm512_maddubs_epi16(reinterpret_cast<__m512i>(high), words),
                                                    _mm512_set1_epi16(16)));
  }
}
#elif defined(__AVXVNNI__)
template <bool Small>
inline Ints dot(Ints acc, Bytes w, const signed char* x) {
  return reinterpret_cast<Ints>(_mm256_dpbusd_avx_epi32(reinterpret_cast<__m256i>(acc), reinterpret_cast<__m256i>(w),
                                                        reinterpret_cast<__m256i>(four_bytes(x))));
}
#elif defined(__AVX2__)
template <bool Small>
inline Ints dot(Ints acc, Bytes w, const signed char* x) {
  const __m256i words = reinterpret_cast<__m256i>(four_bytes(x));
  if constexpr (Small) {
    const __m256i pairs = _mm256_maddubs_epi16(reinterpret_cast<__m256i>(w), words);
    return acc + reinterpret_cast<Ints>(_mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  } else {
    const Bytes low = w & 15, high = w >> 4;
    return acc +
           reinterpret_cast<Ints>(
               _mm256_madd_epi16(_mm256_maddubs_epi16(reinterpret_cast<__m256i>(low), words), _mm256_set1_epi16(1))) +
           reinterpret_cast<Ints>(_mm256_madd_epi16(_mm256_maddubs_epi16(reinterpret_cast<__m256i>(high), words),
                                                    _mm256_set1_epi16(16)));
  }
}
#elif defined(__ARM_FEATURE_DOTPROD)
template <bool Small>
inline Ints dot(Ints acc, Bytes w, const signed char* x) {
  const int8x16_t words = vreinterpretq_s8_s32(reinterpret_cast<int32x4_t>(four_bytes(x)));
  if constexpr (Small) {
    return reinterpret_cast<Ints>(vdotq_s32(reinterpret_cast<int32x4_t>(acc), reinterpret_cast<int8x16_t>(w), words));
  } else {  // as two halves: the instruction takes signed bytes
    const Bytes low = w & 15, high = w >> 4;
    const int32x4_t with_low = vdotq_s32(reinterpret_cast<int32x4_t>(acc), reinterpret_cast<int8x16_t>(low), words);
    const int32x4_t highs = vdotq_s32(vdupq_n_s32(0), reinterpret_cast<int8x16_t>(high), words);
    return reinterpret_cast<Ints>(vaddq_s32(with_low, vshlq_n_s32(highs, 4)));
  }
}
#else
template <bool Small>
inline Ints dot(Ints acc, Bytes w, const signed char* x) {
  for (int i = 0; i < W; ++i)
    acc[i] += w[4 * i] * x[0] + w[4 * i + 1] * x[1] + w[4 * i + 2] * x[2] + w[4 * i + 3] * x[3];
  return acc;
}
#endif

// ---- Products of packed panels ----

template <Packing packing>
struct Form {
  static constexpr PackingSize size = size_of(packing);
  static constexpr bool four_bits = size.numbers == 256;
  static constexpr bool minimum = size.minimums > 0;
  static constexpr int granules = packing == Packing::q8_two_scales32 ? 2 : 1;
  static constexpr bool half_scales = size.scales == 32;
  static constexpr int number_bytes = half_scales ? 2 : 4;
};

template <bool Half>
inline Floats scales_at(const unsigned char* from) {
  if constexpr (Half)
    return from_halves(from);
  else
    return *reinterpret_cast<const LooseFloats*>(from);
}

// What a row's sum begins with, so that numbers may be stored without a sign.
template <Packing packing>
inline Ints first_sum(const ByteRows& x, i64 row, i64 blocks, i64 block, int granule) {
  if constexpr (Form<packing>::minimum)
    return Ints{};
  else if constexpr (Form<packing>::four_bits)
    return all(x.minus_8_sums[row * blocks + block]);
  else if constexpr (Form<packing>::granules == 2)
    return all(x.minus_128_halves[2 * (row * blocks + block) + granule]);
  else
    return all(x.minus_128_sums[row * blocks + block]);
}

constexpr i64 kAhead = 3072;  // bytes

// W of the panel's 16 rows, from `lane` on, times R rows of x.
template <Packing packing, int R>
inline __attribute__((always_inline)) void lanes_of_panel(const unsigned char* panel, const ByteRows& x, i64 lane,
                                                          float* y, i64 ldy, bool add) {
  using F = Form<packing>;
  constexpr int kWords = 32 / 4 / F::granules;  // groups of four columns under one scale
  const i64 blocks = x.columns / kScaleBlock;
  Floats sums[R];
  for (int r = 0; r < R; ++r) sums[r] = Floats{};
  const unsigned char* at = panel + 4 * lane;
  for (i64 b = 0; b < blocks; ++b, at += F::size.block()) {
    // The numbers of a panel are one long stream, but with several rows of x too little of it is asked for in time.
    for (i64 line = 0; line < F::size.block(); line += 64) __builtin_prefetch(at + kAhead + line);
    const unsigned char* const scales = at - 4 * lane + F::size.numbers + F::number_bytes * lane;
    for (int granule = 0; granule < F::granules; ++granule) {
      const Floats scale = scales_at<F::half_scales>(scales + 64 * granule);
      Ints whole[R];
      for (int r = 0; r < R; ++r) whole[r] = first_sum<packing>(x, r, blocks, b, granule);
      if constexpr (F::four_bits) {
#pragma GCC unroll 4
        for (int g = 0; g < 4; ++g) {
          const Bytes both = *reinterpret_cast<const LooseBytes*>(at + 64 * g);
          const Bytes low = both & 15, high = both >> 4;
          for (int r = 0; r < R; ++r) {
            const signed char* const q = x.q + r * x.columns + 32 * b + 4 * g;
            whole[r] = dot<true>(whole[r], low, q);
            whole[r] = dot<true>(whole[r], high, q + 16);
          }
        }
      } else {
#pragma GCC unroll 8
        for (int g = 0; g < kWords; ++g) {
          const Bytes w = *reinterpret_cast<const LooseBytes*>(at + 64 * (g + granule * kWords));
          for (int r = 0; r < R; ++r)
            whole[r] = dot<false>(whole[r], w, x.q + r * x.columns + 32 * b + 4 * (g + granule * kWords));
        }
      }
      for (int r = 0; r < R; ++r) sums[r] = fused(scale * all(x.scale[r * blocks + b]), to_floats(whole[r]), sums[r]);
    }
    if constexpr (F::minimum) {
      const Floats minimum = scales_at<F::half_scales>(scales + F::size.scales);
      for (int r = 0; r < R; ++r) sums[r] = fused(minimum, all(x.scaled_sum[r * blocks + b]), sums[r]);
    }
  }
  for (int r = 0; r < R; ++r) {
    float* const to = y + r * ldy + lane;
    put(to, add ? floats(to) + sums[r] : sums[r]);
  }
}

template <Packing packing, int R>
void some_rows(const unsigned char* panel, const ByteRows& x, float* y, i64 ldy, bool add) {
  for (i64 lane = 0; lane < kPackRows; lane += W) lanes_of_panel<packing, R>(panel, x, lane, y, ldy, add);
}

template <Packing packing>
void product(const unsigned char* panel, const ByteRows& x, i64 rows, float* y, i64 ldy, bool add) {
  i64 row = 0;
  for (; row + kMostRows <= rows; row += kMostRows)
    some_rows<packing, kMostRows>(panel, x.from(row), y + row * ldy, ldy, add);
  const ByteRows rest = x.from(row);
  y += row * ldy;
  switch (rows - row) {
    case 1: return some_rows<packing, 1>(panel, rest, y, ldy, add);
    case 2: return some_rows<packing, 2>(panel, rest, y, ldy, add);
    case 3: return some_rows<packing, 3>(panel, rest, y, ldy, add);
#if defined(__AVX512F__)
    case 4: return some_rows<packing, 4>(panel, rest, y, ldy, add);
    case 5: return some_rows<packing, 5>(panel, rest, y, ldy, add);
    case 6: return some_rows<packing, 6>(panel, rest, y, ldy, add);
    case 7: return some_rows<packing, 7>(panel, rest, y, ldy, add);
#endif
    default: return;
  }
}

// ---- Rows of 8-bit numbers ----

void quantise(const float* __restrict x, const ByteRows& row) {
  for (i64 b = 0; b < row.columns / kScaleBlock; ++b, x += kScaleBlock) {
    float most = 0;
    for (i64 i = 0; i < 32; ++i) {
      const float size = __builtin_fabsf(x[i]);
      most = size > most ? size : most;
    }
    const float inverse = most > 0 ? 127.0f / most : 0.0f;
    signed char* const __restrict q = row.q + 32 * b;
    int sums[2];
    for (int half = 0; half < 2; ++half) {
      int sum = 0;
      for (i64 i = 16 * half; i < 16 * half + 16; ++i) {
        // 1.5 * 2^23 rounds to the nearest integer, which is then in the low bits.
        const int number = __builtin_bit_cast(int, x[i] * inverse + 12582912.0f) - 0x4B400000;
        q[i] = static_cast<signed char>(number);
        sum += static_cast<signed char>(number);
      }
      sums[half] = sum;
    }
    const int whole = sums[0] + sums[1];
    row.scale[b] = most / 127.0f;
    row.scaled_sum[b] = most / 127.0f * static_cast<float>(whole);
    row.minus_8_sums[b] = -8 * whole;
    row.minus_128_sums[b] = -128 * whole;
    row.minus_128_halves[2 * b] = -128 * sums[0];
    row.minus_128_halves[2 * b + 1] = -128 * sums[1];
  }
}

// ---- Dense products ----

inline float sum_of(Floats x) {
  for (int width = W / 2; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) x[i] += x[i + width];
  return x[0];
}

template <class T, int O, int R>
inline __attribute__((always_inline)) void dense_tile(const T* w, i64 ldw, i64 columns, const float* x, i64 ldx,
                                                      float* y, i64 ldy, bool add) {
  Floats sums[O][R];
  for (int o = 0; o < O; ++o)
    for (int r = 0; r < R; ++r) sums[o][r] = Floats{};
  i64 k = 0;
  for (; k + W <= columns; k += W) {
    Floats of_x[R];
    for (int r = 0; r < R; ++r) of_x[r] = floats(x + r * ldx + k);
    for (int o = 0; o < O; ++o) {
      const Floats of_w = widened(w + o * ldw + k);
      for (int r = 0; r < R; ++r) sums[o][r] = fused(of_w, of_x[r], sums[o][r]);
    }
  }
  for (int r = 0; r < R; ++r)
    for (int o = 0; o < O; ++o) {
      float sum = sum_of(sums[o][r]);
      for (i64 rest = k; rest < columns; ++rest) sum += load(w[o * ldw + rest]) * x[r * ldx + rest];
      float& to = y[r * ldy + o];
      to = add ? to + sum : sum;
    }
}

template <class T, int O>
void dense_rows(const T* w, i64 ldw, i64 columns, const float* x, i64 ldx, i64 rows, float* y, i64 ldy, bool add) {
  i64 r = 0;
  for (; r + 4 <= rows; r += 4) dense_tile<T, O, 4>(w, ldw, columns, x + r * ldx, ldx, y + r * ldy, ldy, add);
  for (; r < rows; ++r) dense_tile<T, O, 1>(w, ldw, columns, x + r * ldx, ldx, y + r * ldy, ldy, add);
}

template <class T>
void dense_product(const T* w, i64 ldw, i64 count, i64 columns, const float* x, i64 ldx, i64 rows, float* y, i64 ldy,
                   bool add) {
  constexpr int O = W == 16 ? 4 : 2;
  i64 o = 0;
  for (; o + O <= count; o += O) dense_rows<T, O>(w + o * ldw, ldw, columns, x, ldx, rows, y + o, ldy, add);
  for (; o < count; ++o) dense_rows<T, 1>(w + o * ldw, ldw, columns, x, ldx, rows, y + o, ldy, add);
}

void add_low_rank(const float* b, i64 rank, const float* h, i64 ldh, i64 rows, float* y, i64 ldy) {
  for (i64 r = 0; r < rows; ++r)
    for (i64 lane = 0; lane < kPackRows; lane += W) {
      Floats sum{};
      for (i64 k = 0; k < rank; ++k) sum = fused(floats(b + k * kPackRows + lane), all(h[r * ldh + k]), sum);
      put(y + r * ldy + lane, floats(y + r * ldy + lane) + sum);
    }
}

// ---- Attention ----

template <class T, int Q>
inline __attribute__((always_inline)) void scores_of_block(const QueriesOfHead<T>& h, i64 first_query, i64 block) {
  const KeyBlock<T>& keys = h.blocks[block];
  const float* queries[Q];
  for (int q = 0; q < Q; ++q) queries[q] = h.queries[first_query + q];
  constexpr int kVectors = kKeyBlock / W > 2 ? 2 : kKeyBlock / W;  // of keys at once
  for (i64 part = 0; part < kKeyBlock; part += kVectors * W) {
    Floats sums[Q][kVectors];
    for (int q = 0; q < Q; ++q)
      for (int v = 0; v < kVectors; ++v) sums[q][v] = Floats{};
    for (i64 d = 0; d < h.head_dim; ++d) {
      Floats k[kVectors];
      for (int v = 0; v < kVectors; ++v) k[v] = widened(keys.keys + d * kKeyBlock + part + v * W);
      for (int q = 0; q < Q; ++q)
        for (int v = 0; v < kVectors; ++v) sums[q][v] = fused(k[v], all(queries[q][d]), sums[q][v]);
    }
    for (int q = 0; q < Q; ++q)
      for (int v = 0; v < kVectors; ++v) {
        const i64 at = part + v * W;
        Floats scale = all(h.scale);
        if (keys.key_scales) scale = scale * floats(keys.key_scales + at);
        put(h.scores + (first_query + q) * h.score_stride + block * kKeyBlock + at, sums[q][v] * scale);
      }
  }
}

// Scores become probabilities; what a query does not see becomes 0. Blocks outside of [first, last) are not touched.
template <class T>
void probabilities(const QueriesOfHead<T>& h, i64 query, i64 first, i64 last) {
  float* const __restrict scores = h.scores + query * h.score_stride;
  const i64 from = first * kKeyBlock, to = last * kKeyBlock, begin = h.begin[query], end = h.end[query];
  if (h.soft_cap > 0)
    for (i64 j = from; j < to; ++j) {
      const float e = fast_exp(2.0f * scores[j] / h.soft_cap);
      scores[j] = h.soft_cap * (1.0f - 2.0f / (1.0f + e));
    }
  for (i64 j = from; j < begin; ++j) scores[j] = -3.4e38f;
  for (i64 j = end; j < to; ++j) scores[j] = -3.4e38f;
  const float top = row_max(scores + from, to - from);
  for (i64 j = from; j < to; ++j) scores[j] = fast_exp(scores[j] - top);
  for (i64 j = from; j < begin; ++j) scores[j] = 0;
  for (i64 j = end; j < to; ++j) scores[j] = 0;
  const float inverse = 1.0f / lane_sum(to - from, [&](i64 j) { return scores[from + j]; });
  for (i64 j = from; j < to; ++j) scores[j] *= inverse;
}

template <class T, int Q, int V>
inline __attribute__((always_inline)) void weighted_values(const QueriesOfHead<T>& h, i64 first_query, i64 d,
                                                           i64 first, i64 last, i64 end) {
  Floats sums[Q][V];
  for (int q = 0; q < Q; ++q)
    for (int v = 0; v < V; ++v) sums[q][v] = Floats{};
  for (i64 block = first; block < last; ++block) {
    const KeyBlock<T>& values = h.blocks[block];
    const i64 count = end - block * kKeyBlock < kKeyBlock ? end - block * kKeyBlock : kKeyBlock;
    for (i64 j = 0; j < count; ++j) {
      Floats of_token[V];
      for (int v = 0; v < V; ++v) of_token[v] = widened(values.values + j * h.head_dim + d + v * W);
      for (int q = 0; q < Q; ++q) {
        float p = h.scores[(first_query + q) * h.score_stride + block * kKeyBlock + j];
        if (values.value_scales) p *= values.value_scales[j];
        for (int v = 0; v < V; ++v) sums[q][v] = fused(of_token[v], all(p), sums[q][v]);
      }
    }
  }
  for (int q = 0; q < Q; ++q)
    for (int v = 0; v < V; ++v) put(h.out[first_query + q] + d + v * W, sums[q][v]);
}

template <class T, int Q>
void some_queries(const QueriesOfHead<T>& h, i64 first_query) {
  // Blocks that any of them sees. Which they are does not change what a query finds: unseen keys count 0, and sums
  // begin with them.
  i64 begin = h.begin[first_query], end = h.end[first_query];
  for (i64 q = first_query; q < first_query + Q; ++q) {
    begin = h.begin[q] < begin ? h.begin[q] : begin;
    end = h.end[q] > end ? h.end[q] : end;
  }
  const i64 first = begin / kKeyBlock, last = (end + kKeyBlock - 1) / kKeyBlock;
  for (i64 block = first; block < last; ++block) scores_of_block<T, Q>(h, first_query, block);
  for (i64 q = first_query; q < first_query + Q; ++q) probabilities(h, q, first, last);
  i64 d = 0;
  for (; d + 2 * W <= h.head_dim; d += 2 * W) weighted_values<T, Q, 2>(h, first_query, d, first, last, end);
  for (; d + W <= h.head_dim; d += W) weighted_values<T, Q, 1>(h, first_query, d, first, last, end);
}

template <class T>
void attend(const QueriesOfHead<T>& h) {
  i64 q = 0;
  constexpr int kMost = W == 16 ? 8 : 4;
  for (; q + kMost <= h.count; q += kMost) some_queries<T, kMost>(h, q);
  for (; q + 3 <= h.count; q += 3) some_queries<T, 3>(h, q);
  for (; q < h.count; ++q) some_queries<T, 1>(h, q);
}

}  // namespace

namespace PMTUNE_JOIN(isa_, PMTUNE_ISA) {
  extern const DecodeLoops decode_table;
  const DecodeLoops decode_table{
      PMTUNE_TEXT(PMTUNE_ISA),
      quantise,
      {product<Packing::q4_scale16>, product<Packing::q4_scale16_minimum>, product<Packing::q4_scale32_minimum>,
       product<Packing::q8_scale16>, product<Packing::q8_scale32>, product<Packing::q8_scale16_minimum>,
       product<Packing::q8_scale32_minimum>, product<Packing::q8_two_scales32>},
      dense_product<float>,
      dense_product<Bf16>,
      add_low_rank,
      attend<float>,
      attend<Bf16>,
      attend<std::int8_t>,
  };
}  // namespace )

}  // namespace pmtune::kernels
