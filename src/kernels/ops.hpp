// The operations of a decoder beside its matrix products, on tensors. Each has a fast path for the CPU (loops.hpp)
// and a reference path in plain ATen operations, which also serves CUDA and MPS. Shapes: T tokens, d hidden size.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "kernels/activation.hpp"

namespace pmtune::kernels {

// While one lives, operations on this thread take the reference path.
class UseReference {
 public:
  UseReference();
  ~UseReference();
  static bool active();

 private:
  bool before_;
};

// x f32 [T,d], weight f32 [d] -> y [T,d] in the dtype of y; rstd f32 [T] receives 1 / rms.
void rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::Tensor& y, at::Tensor& rstd);
// The same y again from a known rstd.
void rms_norm_again(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& rstd, at::Tensor& y);
// dx f32 [T,d] += gradient; dy in any float type.
void rms_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& rstd,
                       at::Tensor& dx);

// Rotates the first `heads` heads of size `dim` of each row of x [T, n] in place; cos and sin f32 [T, dim/2].
// RoPE: Su et al. 2021, https://arxiv.org/abs/2104.09864, in the half-split layout of transformers.
void rope_(at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, std::int64_t heads, std::int64_t dim,
           bool backward);

// The RMS norm of each of `heads` heads of x [T, n], from head `first` on, in place; weight f32 [head size]. raw [T,
// m] receives what these heads were, in the same columns; null: not kept.
void head_norm_(at::Tensor& x, const at::Tensor& weight, double eps, std::int64_t first, std::int64_t heads,
                at::Tensor* raw);
// dx: the gradient of the normed heads in, of the raw ones out.
void head_norm_backward_(at::Tensor& dx, const at::Tensor& raw, const at::Tensor& weight, double eps,
                         std::int64_t first, std::int64_t heads);

// A gated linear unit: gate_up [T,2f] -> act [T,f] = activation(gate) * up.
void glu(Activation activation, const at::Tensor& gate_up, at::Tensor& act);
// d_act [T,f]; gate_up becomes its own gradient, act is filled again.
void glu_backward(Activation activation, const at::Tensor& d_act, at::Tensor& gate_up, at::Tensor& act);

// logits [n,V] become (softmax - onehot) * scale (kept when scale is 0); losses f32 [n] in nats. targets int64 [n].
void cross_entropy_(at::Tensor& logits, const at::Tensor& targets, double scale, at::Tensor& losses);

// y f32 += x
void add_to(const at::Tensor& x, at::Tensor& y);
// y = x in y's dtype
void convert(const at::Tensor& x, at::Tensor& y);

}  // namespace pmtune::kernels
