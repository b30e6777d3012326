// The same operations as ops.hpp in plain ATen: the definition that the fast paths are tested against, and the path
// for devices without one of their own. All arithmetic is f32 (f64 stays f64, for gradient checks).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "kernels/activation.hpp"

namespace pmtune::kernels::reference {

void rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::Tensor& y, at::Tensor& rstd);
void rms_norm_again(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& rstd, at::Tensor& y);
void rms_norm_backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& rstd,
                       at::Tensor& dx);
void rope_(at::Tensor& x, const at::Tensor& cos, const at::Tensor& sin, std::int64_t heads, std::int64_t dim,
           bool backward);
void head_norm_(at::Tensor& x, const at::Tensor& weight, double eps, std::int64_t first, std::int64_t heads,
                at::Tensor* raw);
void head_norm_backward_(at::Tensor& dx, const at::Tensor& raw, const at::Tensor& weight, double eps,
                         std::int64_t first, std::int64_t heads);
void glu(Activation activation, const at::Tensor& gate_up, at::Tensor& act);
void glu_backward(Activation activation, const at::Tensor& d_act, at::Tensor& gate_up, at::Tensor& act);
void cross_entropy_(at::Tensor& logits, const at::Tensor& targets, double scale, at::Tensor& losses);
void add_to(const at::Tensor& x, at::Tensor& y);
void convert(const at::Tensor& x, at::Tensor& y);

}  // namespace pmtune::kernels::reference
