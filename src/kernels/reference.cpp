#include "kernels/reference.hpp"

#include <ATen/ATen.h>

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

void swiglu(const at::Tensor& gate_up, at::Tensor& act) {
  const std::int64_t f = act.size(1);
  act.copy_(at::silu(wide(gate_up.narrow(1, 0, f))) * wide(gate_up.narrow(1, f, f)));
}

void swiglu_backward(const at::Tensor& d_act, at::Tensor& gate_up, at::Tensor& act) {
  const std::int64_t f = act.size(1);
  at::Tensor gate_part = gate_up.narrow(1, 0, f), up_part = gate_up.narrow(1, f, f);
  const at::Tensor gate = wide(gate_part).clone(), up = wide(up_part).clone(), d = wide(d_act);
  const at::Tensor sigma = gate.sigmoid(), silu = gate * sigma;
  act.copy_(silu * up);
  up_part.copy_(d * silu);
  gate_part.copy_(d * up * (sigma + silu * (1 - sigma)));
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
