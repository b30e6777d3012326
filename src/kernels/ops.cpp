#include "kernels/ops.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "kernels/element_type.hpp"
#include "kernels/reference.hpp"

namespace pmtune::kernels {
namespace {

thread_local bool reference_only = false;

// Rows a thread takes at least: below this, starting it costs more than it saves.
std::int64_t grain(std::int64_t row_elements) {
  return std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, row_elements));
}

bool fast(const at::Tensor& typed) {
  return !reference_only && typed.device().is_cpu() && typed.is_contiguous() &&
         (typed.scalar_type() == at::kFloat || typed.scalar_type() == at::kBFloat16);
}

template <class Run>
void over_rows(std::int64_t rows, std::int64_t row_elements, Run run) {
  at::parallel_for(0, rows, grain(row_elements),
                   [&](std::int64_t begin, std::int64_t end) { run(begin, end - begin); });
}

}  // namespace

UseReference::UseReference() : before_(reference_only) { reference_only = true; }
UseReference::~UseReference() { reference_only = before_; }
bool UseReference::active() { return reference_only; }

void rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::Tensor& y, at::Tensor& rstd) {
  if (!fast(y)) return reference::rms_norm(x, weight, eps, y, rstd);
  const std::int64_t d = x.size(1);
  by_type(y, [&](auto tag) {
    using T = decltype(tag);
    const TypedLoops<T>& loop = loops_of<T>();
    over_rows(x.size(0), d, [&](std::int64_t at, std::int64_t rows) {
      loop.rms_norm(data<float>(x) + at * d, data<float>(weight), static_cast<float>(eps), data<T>(y) + at * d,
                    data<float>(rstd) + at, rows, d);
    });
  });
}

void rms_norm_again(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& rstd, at::Tensor& y) {
  if (!fast(y)) return reference::rms_norm_again(x, weight, rstd, y);
  const std::int64_t d = x.size(1);
  by_type(y, [&](auto tag) {
    using T = decltype(tag);
    const TypedLoops<T>& loop = loops_of<T>();
    over_rows(x.size(0), d, [&](std::int64_t at, std::int64_t rows) {
      loop.rms_norm_again(data<float>(x) + at * d, data<float>(weight), data<float>(rstd) + at, data<T>(y) + at * d,
                          rows, d);
    });
  });
}

void rms_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& rstd,
                       at::Tensor& dx) {
  if (!fast(dy)) return reference::rms_norm_backward(dy, x, weight, rstd, dx);
  const std::int64_t d = x.size(1);
  by_type(dy, [&](auto tag) {
    using T = decltype(tag);
    const TypedLoops<T>& loop = loops_of<T>();
    over_rows(x.size(0), d, [&](std::int64_t at, std::int64_t rows) {
      loop.rms_norm_backward(data<T>(dy) + at * d, data<float>(x) + at * d, data<float>(weight),
                             data<float>(rstd) + at, data<float>(dx) + at * d, rows, d);
    });
  });
}

void rope_(at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, std::int64_t heads, std::int64_t dim,
           bool backward) {
  if (!fast(x)) return reference::rope_(x, cos, sin, heads, dim, backward);
  const std::int64_t stride = x.size(1);
  by_type(x, [&](auto tag) {
    using T = decltype(tag);
    const TypedLoops<T>& loop = loops_of<T>();
    over_rows(x.size(0), heads * dim, [&](std::int64_t at, std::int64_t rows) {
      loop.rope(data<T>(x) + at * stride, stride, data<float>(cos) + at * dim / 2, data<float>(sin) + at * dim / 2,
                backward ? -1.0f : 1.0f, rows, heads, dim);
    });
  });
}

void head_norm_(at::Tensor& x, const at::Tensor& weight, double eps, std::int64_t first, std::int64_t heads,
                at::Tensor* raw) {
  if (!fast(x) || (raw && !fast(*raw))) return reference::head_norm_(x, weight, eps, first, heads, raw);
  const std::int64_t dim = weight.numel(), stride = x.size(1), kept = raw ? raw->size(1) : 0;
  by_type(x, [&](auto tag) {
    using T = decltype(tag);
    const TypedLoops<T>& loop = loops_of<T>();
    over_rows(x.size(0), heads * dim, [&](std::int64_t at, std::int64_t rows) {
      loop.head_norm(data<T>(x) + at * stride + first * dim, stride, data<float>(weight), static_cast<float>(eps),
                     raw ? data<T>(*raw) + at * kept + first * dim : nullptr, kept, rows, heads, dim);
    });
  });
}

void head_norm_backward_(at::Tensor& dx, const at::Tensor& raw, const at::Tensor& weight, double eps,
                         std::int64_t first, std::int64_t heads) {
  if (!fast(dx) || !fast(raw)) return reference::head_norm_backward_(dx, raw, weight, eps, first, heads);
  const std::int64_t dim = weight.numel(), stride = dx.size(1), kept = raw.size(1);
  by_type(dx, [&](auto tag) {
    using T = decltype(tag);
    const TypedLoops<T>& loop = loops_of<T>();
    over_rows(dx.size(0), heads * dim, [&](std::int64_t at, std::int64_t rows) {
      loop.head_norm_backward(data<T>(dx) + at * stride + first * dim, stride, data<T>(raw) + at * kept + first * dim,
                              kept, data<float>(weight), static_cast<float>(eps), rows, heads, dim);
    });
  });
}

void glu(Activation activation, const at::Tensor& gate_up, at::Tensor& act) {
  if (!fast(gate_up)) return reference::glu(activation, gate_up, act);
  const std::int64_t f = act.size(1);
  by_type(act, [&](auto tag) {
    using T = decltype(tag);
    const TypedLoops<T>& loop = loops_of<T>();
    over_rows(act.size(0), 4 * f, [&](std::int64_t at, std::int64_t rows) {
      loop.glu[static_cast<int>(activation)](data<T>(gate_up) + at * 2 * f, data<T>(act) + at * f, rows, f);
    });
  });
}

void glu_backward(Activation activation, const at::Tensor& d_act, at::Tensor& gate_up, at::Tensor& act) {
  if (!fast(gate_up)) return reference::glu_backward(activation, d_act, gate_up, act);
  const std::int64_t f = act.size(1);
  by_type(act, [&](auto tag) {
    using T = decltype(tag);
    const TypedLoops<T>& loop = loops_of<T>();
    over_rows(act.size(0), 4 * f, [&](std::int64_t at, std::int64_t rows) {
      loop.glu_backward[static_cast<int>(activation)](data<T>(d_act) + at * f, data<T>(gate_up) + at * 2 * f,
                                                      data<T>(act) + at * f, rows, f);
    });
  });
}

void cross_entropy_(at::Tensor& logits, const at::Tensor& targets, double scale, at::Tensor& losses) {
  if (!fast(logits)) return reference::cross_entropy_(logits, targets, scale, losses);
  const std::int64_t vocabulary = logits.size(1);
  by_type(logits, [&](auto tag) {
    using T = decltype(tag);
    const TypedLoops<T>& loop = loops_of<T>();
    over_rows(logits.size(0), vocabulary, [&](std::int64_t at, std::int64_t rows) {
      loop.cross_entropy(data<T>(logits) + at * vocabulary, data<std::int64_t>(targets) + at,
                         static_cast<float>(scale), data<float>(losses) + at, rows, vocabulary);
    });
  });
}

void add_to(const at::Tensor& x, at::Tensor& y) {
  if (!fast(x) || !y.is_contiguous()) return reference::add_to(x, y);
  by_type(x, [&](auto tag) {
    using T = decltype(tag);
    const TypedLoops<T>& loop = loops_of<T>();
    over_rows(x.numel(), 1,
              [&](std::int64_t at, std::int64_t count) { loop.add_to(data<T>(x) + at, data<float>(y) + at, count); });
  });
}

void convert(const at::Tensor& x, at::Tensor& y) {
  if (!fast(y) || !x.is_contiguous() || x.scalar_type() != at::kFloat) return reference::convert(x, y);
  by_type(y, [&](auto tag) {
    using T = decltype(tag);
    const TypedLoops<T>& loop = loops_of<T>();
    over_rows(x.numel(), 1, [&](std::int64_t at, std::int64_t count) {
      loop.from_f32(data<float>(x) + at, data<T>(y) + at, count);
    });
  });
}

}  // namespace pmtune::kernels
