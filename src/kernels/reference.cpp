#include "kernels/reference.hpp"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>

namespace pmtune::kernels::reference {
namespace {

at::Tensor wide(const at::Tensor& x) { return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat); }

}  // namespace

void rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::Tensor& y, at::Tensor& rstd) {
  rstd.copy_((x.square().mean(-1) + eps).rsqrt());
  rms_norm_again(x, weight, rstd, y);
}

void rms_norm_again(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& rstd, at::Tensor& y) {
  y.copy_(x * rstd.unsqueeze(-1) * weight);
}

void rms_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& rstd,
                       at::Tensor& dx) {
  const at::Tensor g = wide(dy) * weight;
  const at::Tensor r = rstd.unsqueeze(-1);
  const at::Tensor along = (g * x).mean(-1, true) * r.pow(3);
  dx.add_(g * r - x * along);
}

void rope_(at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, std::int64_t heads, std::int64_t dim,
           bool backward) {
  at::Tensor view = x.narrow(1, 0, heads * dim).view({x.size(0), heads, dim});
  const at::Tensor c = cos.unsqueeze(1), s = backward ? -sin.unsqueeze(1) : sin.unsqueeze(1);
  const at::Tensor low = wide(view.narrow(2, 0, dim / 2)), high = wide(view.narrow(2, dim / 2, dim / 2));
  const at::Tensor turned = at::cat({low * c - high * s, high * c + low * s}, 2);
  view.copy_(turned);
}

namespace {

at::Tensor heads_of(const at::Tensor& x, const at::Tensor& weight, std::int64_t first, std::int64_t heads) {
  const std::int64_t dim = weight.numel();
  return x.narrow(1, first * dim, heads * dim).unflatten(1, {heads, dim});
}

}  // namespace

void head_norm_(at::Tensor& x, const at::Tensor& weight, double eps, std::int64_t first, std::int64_t heads,
                at::Tensor* raw) {
  const at::Tensor part = heads_of(x, weight, first, heads);
  if (raw) heads_of(*raw, weight, first, heads).copy_(part);
  const at::Tensor values = wide(part);
  part.copy_(values * (values.square().mean(-1, true) + eps).rsqrt() * weight);
}

void head_norm_backward_(at::Tensor& dx, const at::Tensor& raw, const at::Tensor& weight, double eps,
                         std::int64_t first, std::int64_t heads) {
  const at::Tensor part = heads_of(dx, weight, first, heads);
  const at::Tensor x = wide(heads_of(raw, weight, first, heads)), g = wide(part) * weight;
  const at::Tensor r = (x.square().mean(-1, true) + eps).rsqrt();
  part.copy_(g * r - x * (g * x).mean(-1, true) * r.pow(3));
}

namespace {

// activation(x) and its slope.
std::pair<at::Tensor, at::Tensor> activated(Activation activation, const at::Tensor& x) {
  if (activation == Activation::silu) {
    const at::Tensor sigma = x.sigmoid(), value = x * sigma;
    return {value, sigma + value * (1 - sigma)};
  }
  const double factor = 2 * std::sqrt(2 / M_PI);
  const at::Tensor sigma = (factor * (x + 0.044715 * x.pow(3))).sigmoid(), value = x * sigma;
  return {value, sigma + value * (1 - sigma) * factor * (1 + 3 * 0.044715 * x.square())};
}

}  // namespace

void glu(Activation activation, const at::Tensor& gate_up, at::Tensor& act) {
  const std::int64_t f = act.size(1);
  act.copy_(activated(activation, wide(gate_up.narrow(1, 0, f))).first * wide(gate_up.narrow(1, f, f)));
}

void glu_backward(Activation activation, const at::Tensor& d_act, at::Tensor& gate_up, at::Tensor& act) {
  const std::int64_t f = act.size(1);
  at::Tensor gate_part = gate_up.narrow(1, 0, f), up_part = gate_up.narrow(1, f, f);
  const at::Tensor up = wide(up_part).clone(), d = wide(d_act);
  const auto [value, slope] = activated(activation, wide(gate_part).clone());
  act.copy_(value * up);
  up_part.copy_(d * value);
  gate_part.copy_(d * up * slope);
}

void cross_entropy_(at::Tensor& logits, const at::Tensor& targets, double scale, at::Tensor& losses) {
  const at::Tensor scores = at::log_softmax(wide(logits), -1);
  const at::Tensor index = targets.unsqueeze(1);
  losses.copy_(-scores.gather(1, index).squeeze(1));
  if (scale == 0) return;
  at::Tensor gradient = scores.exp();
  gradient.scatter_add_(1, index, at::full_like(index, -1, gradient.options()));
  logits.copy_(gradient * scale);
}

void add_to(const at::Tensor& x, at::Tensor& y) { y.add_(x); }

void convert(const at::Tensor& x, at::Tensor& y) { y.copy_(x); }

}  // namespace pmtune::kernels::reference
