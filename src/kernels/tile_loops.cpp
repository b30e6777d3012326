// Compiled once for each instruction set, with PMTUNE_ISA naming it (see CMakeLists.txt), as loops.cpp is.
#include "kernels/tile_loops.hpp"

#include "kernels/loop_math.hpp"

#ifdef __AVX512F__
#include <immintrin.h>  // all of it is always_inline: no function that a linker could share
#endif
#ifdef __ARM_FEATURE_BF16_VECTOR_ARITHMETIC
#include <arm_neon.h>
#endif

namespace pmtune::kernels {
namespace {

using u32 = std::uint32_t;

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64, kRowsAtOnce = 8;
#elif defined(__AVX2__)
constexpr int kVectorBytes = 32, kRowsAtOnce = 2;
#else
constexpr int kVectorBytes = 16, kRowsAtOnce = 2;
#endif
constexpr int kLaneCount = kVectorBytes / 4, kVectors = static_cast<int>(kPanel) / kLaneCount;

using Floats [[gnu::vector_size(kVectorBytes), gnu::aligned(4), gnu::may_alias]] = float;
using Bits [[gnu::vector_size(kVectorBytes), gnu::aligned(4), gnu::may_alias]] = u32;

inline Floats load_floats(const float* x) { return *reinterpret_cast<const Floats*>(x); }

// Adds to acc[row] the products of as many values of k as lie in 32 bits: one f32, two bf16.
template <class T>
constexpr i64 kStep = 4 / static_cast<i64>(sizeof(T));

inline void multiply_step(const float* a, i64 lda, const float* panel, Floats (&acc)[kRowsAtOnce][kVectors]) {
  Floats b[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) b[v] = load_floats(panel + v * kLaneCount);
#pragma GCC unroll 8
  for (int r = 0; r < kRowsAtOnce; ++r) {
    const float x = a[r * lda];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) acc[r][v] += x * b[v];
  }
}

inline void multiply_step(const Bf16* a, i64 lda, const Bf16* panel, Floats (&acc)[kRowsAtOnce][kVectors]) {
  Bits b[kVectors];
#pragma GCC unroll 8
  for (int v = 0; v < kVectors; ++v) b[v] = *reinterpret_cast<const Bits*>(panel + 2 * v * kLaneCount);
#pragma GCC unroll 8
  for (int r = 0; r < kRowsAtOnce; ++r) {
#ifdef __AVX512BF16__
    u32 both;
    __builtin_memcpy(&both, a + r * lda, 4);
    const __m512bh x = __builtin_bit_cast(__m512bh, _mm512_set1_epi32(static_cast<int>(both)));
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v)
      acc[r][v] = __builtin_bit_cast(
          Floats, _mm512_dpbf16_ps(__builtin_bit_cast(__m512, acc[r][v]), x, __builtin_bit_cast(__m512bh, b[v])));
#elif defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
    u32 both;
    __builtin_memcpy(&both, a + r * lda, 4);
    const bfloat16x8_t x = vreinterpretq_bf16_u32(vdupq_n_u32(both));
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v)
      acc[r][v] = __builtin_bit_cast(
          Floats, vbfdotq_f32(__builtin_bit_cast(float32x4_t, acc[r][v]), x, __builtin_bit_cast(bfloat16x8_t, b[v])));
#else
    const float x0 = load(a[r * lda]), x1 = load(a[r * lda + 1]);
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      acc[r][v] += x0 * __builtin_bit_cast(Floats, b[v] << 16);
      acc[r][v] += x1 * __builtin_bit_cast(Floats, b[v] & 0xFFFF0000u);
    }
#endif
  }
}

template <class T>
inline void product_slice(const T* a, i64 lda, i64 rows, const T* panel, i64 k, float* c, i64 ldc, bool add) {
  for (i64 row = 0; row < rows; row += kRowsAtOnce, a += kRowsAtOnce * lda, c += kRowsAtOnce * ldc) {
    Floats acc[kRowsAtOnce][kVectors];
#pragma GCC unroll 8
    for (int r = 0; r < kRowsAtOnce; ++r)
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) acc[r][v] = add ? load_floats(c + r * ldc + v * kLaneCount) : Floats{};
    for (i64 i = 0; i < k; i += kStep<T>) multiply_step(a + i, lda, panel + i * kPanel, acc);
#pragma GCC unroll 8
    for (int r = 0; r < kRowsAtOnce; ++r)
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) *reinterpret_cast<Floats*>(c + r * ldc + v * kLaneCount) = acc[r][v];
  }
}

template <class T>
void product(const T* a, i64 lda, i64 rows, const T* panel, i64 k, float* c, i64 ldc, bool add) {
  // A slice of the panel stays in the first-level cache for all rows.
  constexpr i64 kSlice = 16384 / (kPanel * static_cast<i64>(sizeof(T)));
  for (i64 i = 0; i < k; i += kSlice)
    product_slice(a + i, lda, rows, panel + i * kPanel, k - i < kSlice ? k - i : kSlice, c, ldc, add || i > 0);
}

// ---- moving 32-bit units: an f32, or two neighbouring bf16 ----

#ifdef __AVX512F__
inline void transpose_16x16(__m512i (&r)[16]) {
  __m512i t[16];
#pragma GCC unroll 16
  for (int i = 0; i < 8; ++i) {
    t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 4; ++i) {
    r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
    r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
    r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
    r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0x88);
    t[4 + i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0xdd);
    t[8 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0x88);
    t[12 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0xdd);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0x88);
    r[8 + i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0xdd);
    r[4 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0x88);
    r[12 + i] = _mm512_shuffle_i32x4(t[4 + i], t[12 + i], 0xdd);
  }
}
#endif

// x: `count` rows of 16 units, ldx bytes apart -> y: 16 rows of 16 units, ldy bytes apart; missing rows read as zero.
inline void transpose_units(const char* x, i64 ldx, i64 count, char* y, i64 ldy) {
#ifdef __AVX512F__
  __m512i r[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) r[i] = i < count ? _mm512_loadu_si512(x + i * ldx) : _mm512_setzero_si512();
  transpose_16x16(r);
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) _mm512_storeu_si512(y + i * ldy, r[i]);
#else
  u32 block[16][16];
  for (i64 i = 0; i < 16; ++i)
    for (i64 j = 0; j < 16; ++j) {
      u32 unit = 0;
      if (i < count) __builtin_memcpy(&unit, x + i * ldx + 4 * j, 4);
      block[j][i] = unit;
    }
  for (i64 j = 0; j < 16; ++j) __builtin_memcpy(y + j * ldy, block[j], 64);
#endif
}

template <class T>
void pack_rows(const T* w, i64 ldw, i64 count, i64 k, T* panel) {
  constexpr i64 kSize = sizeof(T), kUnits = 64 / kSize;  // elements in 16 units
  for (i64 i = 0; i < k; i += kUnits)
    for (i64 half = 0; half < 2; ++half) {
      const i64 here = count - 16 * half;
      transpose_units(reinterpret_cast<const char*>(w + 16 * half * ldw + i), ldw * kSize, here < 0 ? 0 : here,
                      reinterpret_cast<char*>(panel + i * kPanel) + 64 * half, 128);
    }
}

void pack_columns(const float* w, i64 ldw, i64 count, i64 k, i64 n, float* panels, i64 stride) {
  for (i64 i = 0; i < k; ++i)
    for (i64 p = 0; p < n; ++p) {
      float* to = panels + p * stride + i * kPanel;
      if (i + 8 < count) {
        __builtin_prefetch(w + (i + 8) * ldw + p * kPanel);
        __builtin_prefetch(w + (i + 8) * ldw + p * kPanel + 16);
      }
      if (i < count)
        __builtin_memcpy(to, w + i * ldw + p * kPanel, kPanel * 4);
      else
        __builtin_memset(to, 0, kPanel * 4);
    }
}

void pack_columns(const Bf16* w, i64 ldw, i64 count, i64 k, i64 n, Bf16* panels, i64 stride) {
  alignas(64) static constexpr Bf16 kZeros[kPanel] = {};
  constexpr i64 kAhead = 16;
#ifdef __AVX512BW__
  alignas(64) Bf16 first[32], second[32];
  for (int j = 0; j < 16; ++j) {
    first[2 * j] = static_cast<Bf16>(j);
    first[2 * j + 1] = static_cast<Bf16>(32 + j);
    second[2 * j] = static_cast<Bf16>(16 + j);
    second[2 * j + 1] = static_cast<Bf16>(48 + j);
  }
  const __m512i low = _mm512_load_si512(first), high = _mm512_load_si512(second);
#endif
  for (i64 i = 0; i < k; i += 2)
    for (i64 p = 0; p < n; ++p) {
      // Rows are far apart, so the processor does not foresee them.
      if (i + kAhead < count) __builtin_prefetch(w + (i + kAhead) * ldw + p * kPanel);
      if (i + kAhead + 1 < count) __builtin_prefetch(w + (i + kAhead + 1) * ldw + p * kPanel);
      const Bf16* even = i < count ? w + i * ldw + p * kPanel : kZeros;
      const Bf16* odd = i + 1 < count ? w + (i + 1) * ldw + p * kPanel : kZeros;
      Bf16* to = panels + p * stride + i * kPanel;
#ifdef __AVX512BW__
      const __m512i a = _mm512_loadu_si512(even), b = _mm512_loadu_si512(odd);
      _mm512_storeu_si512(to, _mm512_permutex2var_epi16(a, low, b));
      _mm512_storeu_si512(to + kPanel, _mm512_permutex2var_epi16(a, high, b));
#else
      for (i64 j = 0; j < kPanel; ++j) {
        to[2 * j] = even[j];
        to[2 * j + 1] = odd[j];
      }
#endif
    }
}

void transpose(const float* x, i64 ldx, i64 rows, i64 columns, float* y, i64 ldy) {
  for (i64 r = 0; r < rows; r += 16)
    for (i64 c = 0; c < columns; c += 16)
      transpose_units(reinterpret_cast<const char*>(x + r * ldx + c), ldx * 4, 16,
                      reinterpret_cast<char*>(y + c * ldy + r), ldy * 4);
}

void transpose(const Bf16* x, i64 ldx, i64 rows, i64 columns, Bf16* y, i64 ldy) {
  u32 pairs[16][16];
  for (i64 c = 0; c < columns; c += 32)
    for (i64 r = 0; r < rows; r += 16) {
      transpose_units(reinterpret_cast<const char*>(x + r * ldx + c), ldx * 2, 16, reinterpret_cast<char*>(pairs),
                      64);
      for (i64 u = 0; u < 16; ++u) {
        Bf16* const __restrict even = y + (c + 2 * u) * ldy + r;
        Bf16* const __restrict odd = even + ldy;
        for (i64 i = 0; i < 16; ++i) even[i] = static_cast<Bf16>(pairs[u][i]);
        for (i64 i = 0; i < 16; ++i) odd[i] = static_cast<Bf16>(pairs[u][i] >> 16);
      }
    }
}

// ---- what becomes of results ----

inline void store_row(const float* __restrict c, float* __restrict y, i64 columns) {
  for (i64 i = 0; i < columns; ++i) y[i] = c[i];
}

inline void store_row(const float* __restrict c, Bf16* __restrict y, i64 columns) {
#ifdef __AVX512BF16__
  for (i64 i = 0; i < columns; i += 32)
    _mm512_storeu_si512(
        y + i, __builtin_bit_cast(__m512i, _mm512_cvtne2ps_pbh(_mm512_loadu_ps(c + i + 16), _mm512_loadu_ps(c + i))));
#else
  for (i64 i = 0; i < columns; ++i) store(y[i], c[i]);
#endif
}

template <class T>
void store_tile(const float* c, i64 ldc, T* y, i64 ldy, i64 rows, i64 columns) {
  for (i64 r = 0; r < rows; ++r) store_row(c + r * ldc, y + r * ldy, columns);
}

inline void store_16(const float* __restrict c, float factor, float* __restrict y) {
  for (i64 i = 0; i < 16; ++i) y[i] = c[i] * factor;
}

inline void store_16(const float* __restrict c, float factor, Bf16* __restrict y) {
#ifdef __AVX512BF16__
  const __m256bh rounded = _mm512_cvtneps_pbh(_mm512_mul_ps(_mm512_loadu_ps(c), _mm512_set1_ps(factor)));
  _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(y), __builtin_bit_cast(__m256i, rounded));
#else
  for (i64 i = 0; i < 16; ++i) store(y[i], c[i] * factor);
#endif
}

template <class T>
void store_transposed(const float* c, i64 ldc, const float* column_scale, T* y, i64 ldy, i64 rows, i64 columns) {
  alignas(64) float block[16][16];
  for (i64 r = 0; r < rows; r += 16)
    for (i64 i = 0; i < columns; i += 16) {
      transpose_units(reinterpret_cast<const char*>(c + r * ldc + i), ldc * 4, 16, reinterpret_cast<char*>(block),
                      64);
      for (i64 j = 0; j < 16; ++j)
        store_16(block[j], column_scale ? column_scale[i + j] : 1.0f, y + (i + j) * ldy + r);
    }
}

void add_tile(const float* c, i64 ldc, const float* x, float* y, i64 ldy, i64 rows, i64 columns) {
  for (i64 r = 0; r < rows; ++r) {
    const float* const from = c + r * ldc;
    for (i64 i = 0; i < columns; ++i) y[r * ldy + i] = x[r * ldy + i] + from[i];
  }
}

// 1 / (1 + e^-x) for a run of numbers. A division takes as long as the exponential; an estimate and one step of
// Newton's method give the same to 2^-23.
inline void sigmoids(const float* __restrict x, float* __restrict y) {
#ifdef __AVX512F__
  for (i64 i = 0; i < kPanel; ++i) y[i] = 1.0f + fast_exp(-x[i]);
  for (i64 i = 0; i < kPanel; i += 16) {
    const __m512 d = _mm512_loadu_ps(y + i), estimate = _mm512_rcp14_ps(d);
    _mm512_storeu_ps(y + i, _mm512_mul_ps(estimate, _mm512_fnmadd_ps(d, estimate, _mm512_set1_ps(2.0f))));
  }
#else
  for (i64 i = 0; i < kPanel; ++i) y[i] = sigmoid(x[i]);
#endif
}

template <class T, class Gate>
void glu_tile(const float* gate, const float* up, i64 ldc, T* gate_out, T* up_out, i64 ldo, T* act, i64 ld_act,
              i64 rows, i64 columns) {
  alignas(64) float inside[kPanel], s[kPanel];
  for (i64 r = 0; r < rows; ++r)
    for (i64 column = 0; column < columns; column += kPanel) {
      const float* const g = gate + r * ldc + column;
      const float* const u = up + r * ldc + column;
      for (i64 i = 0; i < kPanel; ++i) inside[i] = Gate::inside(g[i]);
      sigmoids(inside, s);
      for (i64 i = 0; i < kPanel; ++i) s[i] *= g[i] * u[i];
      store_row(g, gate_out + r * ldo + column, kPanel);
      store_row(u, up_out + r * ldo + column, kPanel);
      store_row(s, act + r * ld_act + column, kPanel);
    }
}

template <class T, class Gate>
void glu_backward_tile(const float* d_act, i64 ldc, T* gate, T* up, i64 ldo, T* act, i64 ld_act, i64 rows,
                       i64 columns) {
  alignas(64) float g[kPanel], u[kPanel], inside[kPanel], s[kPanel], out[kPanel];
  for (i64 r = 0; r < rows; ++r)
    for (i64 column = 0; column < columns; column += kPanel) {
      const float* const d = d_act + r * ldc + column;
      T* const gates = gate + r * ldo + column;
      T* const ups = up + r * ldo + column;
      for (i64 i = 0; i < kPanel; ++i) g[i] = load(gates[i]);
      for (i64 i = 0; i < kPanel; ++i) u[i] = load(ups[i]);
      for (i64 i = 0; i < kPanel; ++i) inside[i] = Gate::inside(g[i]);
      sigmoids(inside, s);
      for (i64 i = 0; i < kPanel; ++i) {
        const float value = g[i] * s[i];
        out[i] = value * u[i];
        g[i] = d[i] * u[i] * (s[i] + value * (1.0f - s[i]) * Gate::slope(g[i]));
        u[i] = d[i] * value;
      }
      store_row(out, act + r * ld_act + column, kPanel);
      store_row(g, gates, kPanel);
      store_row(u, ups, kPanel);
    }
}

// ---- attention ----

// A sum of exponentials with the largest taken out is at least 1. log m by the series of atanh((m - 1) / (m + 1)),
// m within a factor sqrt(2) of 1: five terms leave 1e-9.
inline float log_of_sum(float x) {
  const std::int32_t bits = __builtin_bit_cast(std::int32_t, x);
  const std::int32_t exponent = (bits - 0x3F3504F3) >> 23;
  const float m = __builtin_bit_cast(float, bits - (exponent << 23));
  const float t = (m - 1.0f) / (m + 1.0f), square = t * t;
  float series = multiply_add(square, 1.0f / 9, 1.0f / 7);
  series = multiply_add(series, square, 1.0f / 5);
  series = multiply_add(series, square, 1.0f / 3);
  series = multiply_add(series, square, 1.0f);
  return multiply_add(static_cast<float>(exponent), 0.693147180559945309f, 2.0f * t * series);
}

template <class T>
void softmax(float* __restrict s, T* __restrict p, float scale, i64 keys, float* __restrict log_sum_exp,
             float* __restrict inverse_sum) {
  for (i64 r = 0; r < kPanel; ++r)
    for (i64 i = 0; i < r; ++i) s[(keys - kPanel + r) * kPanel + i] = -3e38f;
  float top[kPanel], sum[kPanel] = {};
  for (i64 i = 0; i < kPanel; ++i) top[i] = s[i];
  for (i64 k = 1; k < keys; ++k)
    for (i64 i = 0; i < kPanel; ++i) top[i] = s[k * kPanel + i] > top[i] ? s[k * kPanel + i] : top[i];
  for (i64 i = 0; i < kPanel; ++i) top[i] *= scale;
  for (i64 k = 0; k < keys; ++k) {
    float* const row = s + k * kPanel;
    for (i64 i = 0; i < kPanel; ++i) row[i] = fast_exp(row[i] * scale - top[i]);
    for (i64 i = 0; i < kPanel; ++i) sum[i] += row[i];
    store_row(row, p + k * kPanel, kPanel);
  }
  for (i64 r = 0; r < kPanel; ++r)
    for (i64 i = 0; i < r; ++i) store(p[(keys - kPanel + r) * kPanel + i], 0.0f);
  for (i64 i = 0; i < kPanel; ++i) {
    log_sum_exp[i] = top[i] + log_of_sum(sum[i]);
    inverse_sum[i] = 1.0f / sum[i];
  }
}

template <class T>
void softmax_backward(const float* s, const float* dp, i64 ld, const float* log_sum_exp, const float* delta,
                      float scale, T* p, T* ds, i64 ldp, i64 rows, i64 columns, bool causal) {
  for (i64 r = 0; r < rows; ++r) {
    const float* const __restrict z = s + r * ld;
    const float* const __restrict d = dp + r * ld;
    const float* const __restrict l = log_sum_exp;
    const float* const __restrict mean = delta;
    T* const __restrict out = p + r * ldp;
    T* const __restrict out_ds = ds + r * ldp;
    const i64 before = !causal ? 0 : r < columns ? r : columns;
    alignas(64) float value[kPanel], slope[kPanel];
    for (i64 column = 0; column < columns; column += kPanel) {
      for (i64 i = 0; i < kPanel; ++i) value[i] = fast_exp(z[column + i] * scale - l[column + i]);
      for (i64 i = 0; i < kPanel; ++i) slope[i] = value[i] * (d[column + i] - mean[column + i]) * scale;
      store_row(value, out + column, kPanel);
      store_row(slope, out_ds + column, kPanel);
    }
    for (i64 i = 0; i < before; ++i) {
      store(out[i], 0.0f);
      store(out_ds[i], 0.0f);
    }
  }
}

template <class T>
void row_dots(const T* x, i64 ldx, const T* y, i64 ldy, float* sums, i64 rows, i64 columns) {
  for (i64 r = 0; r < rows; ++r) {
    const T* const __restrict a = x + r * ldx;
    const T* const __restrict b = y + r * ldy;
    sums[r] = lane_sum(columns, [a, b](i64 i) { return load(a[i]) * load(b[i]); });
  }
}

void nothing() {}

template <class T>
constexpr TypedTiles<T> typed() {
  return {nothing,
          nothing,
          product<T>,
          pack_rows<T>,
          pack_columns,
          transpose,
          store_tile<T>,
          store_transposed<T>,
          add_tile,
          {glu_tile<T, Silu>, glu_tile<T, GeluTanh>},
          {glu_backward_tile<T, Silu>, glu_backward_tile<T, GeluTanh>},
          softmax<T>,
          softmax_backward<T>,
          row_dots<T>};
}

}  // namespace

namespace PMTUNE_JOIN(isa_, PMTUNE_ISA) {
  const Tiles tiles = {PMTUNE_TEXT(PMTUNE_ISA), typed<float>(), typed<Bf16>()};
}

}  // namespace pmtune::kernels
