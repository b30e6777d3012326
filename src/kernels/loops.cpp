// Compiled once for each instruction set, with PMTUNE_ISA naming it (see CMakeLists.txt). Plain loops, written so
// that the compiler vectorises them: no calls, no aliasing, reductions over fixed lanes.
#include "kernels/loops.hpp"

#include "kernels/block_loops.hpp"
#include "kernels/loop_math.hpp"

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

template <class T>
constexpr TypedLoops<T> typed() {
  return {rms_norm<T>,
          rms_norm_again<T>,
          rms_norm_backward<T>,
          rope<T>,
          head_norm<T>,
          head_norm_backward<T>,
          {glu<T, Silu>, glu<T, GeluTanh>},
          {glu_backward<T, Silu>, glu_backward<T, GeluTanh>},
          cross_entropy<T>,
          add_to<T>,
          from_f32<T>,
          from_q4_0,
          from_q4_1,
          from_q8_0,
          from_q2_k,
          from_q3_k,
          from_q4_k,
          from_q5_k,
          from_q6_k,
          from_iq4_nl,
          from_iq4_xs,
          from_nf4};
}

}  // namespace

namespace PMTUNE_JOIN(isa_, PMTUNE_ISA) {
  const Loops table = {PMTUNE_TEXT(PMTUNE_ISA), typed<float>(), typed<Bf16>()};
}

}  // namespace pmtune::kernels
