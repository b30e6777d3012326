// The linear layers of a decoder on the CPU, forward and backward: a frozen matrix W [out, in] and the low-rank
// matrices that learn beside it, in one pass over blocks of results. A block [32 rows, a few panels] stays in the
// caches until all that follows has been done to it: the low-rank product added, gated, added to the
// residual stream. Panels of W are packed, or dequantised and packed, just before they are used, so that no second
// copy of W is kept.
//
// T rows (tokens), a multiple of 32; sizes of W multiples of 32. x and y are contiguous and in W's compute dtype, f32
// or bf16; all arithmetic is f32. The plain path of everything here is at::mm (train/layer.cpp).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/activation.hpp"
#include "kernels/frozen_matrix.hpp"

namespace pmtune::kernels {

// y += h B^T, h = x A^T. Several layers that share x stand side by side: each has its own columns of h and its own
// rows of B, the rest of which is zero.
struct LowRank {
  at::Tensor a;  // [columns, in], columns a multiple of 32; rows without a layer are zero
  at::Tensor b;  // [out, columns]
  std::int64_t rank = 0;
  struct Slot {
    std::int64_t row, rows;  // of B
  };
  std::vector<Slot> slots;  // slot i has the columns [i * rank, (i + 1) * rank)
  bool defined() const { return a.defined(); }
};

// Whether the functions below can run for this matrix.
bool can_multiply(const FrozenMatrix& w, std::int64_t rows, const at::Tensor& x);

// About what a thread takes for micro-batches of this many rows.
std::int64_t linear_scratch_bytes(std::int64_t rows);

// h [T, columns] = x A^T
void low_rank_inner(const at::Tensor& x, const LowRank& low, at::Tensor& h);

// y [T, out] = x W^T + h B^T. `low` may be undefined; h is then not read.
void linear(const at::Tensor& x, const FrozenMatrix& w, const LowRank& low, const at::Tensor& h, at::Tensor& y);
// The same, added: sum f32 [T, out] = residual + y. residual and sum may be one tensor.
void linear_added(const at::Tensor& x, const FrozenMatrix& w, const LowRank& low, const at::Tensor& h,
                  const at::Tensor& residual, at::Tensor& sum);
// W holds the gate's rows, then up's: gate_up [T, 2f] = y, act [T, f] = activation(gate) * up.
void linear_gated(Activation activation, const at::Tensor& x, const FrozenMatrix& w, const LowRank& low,
                  const at::Tensor& h, at::Tensor& gate_up, at::Tensor& act);

// d_h [T, columns] = dy B
void low_rank_inner_backward(const at::Tensor& dy, const LowRank& low, at::Tensor& d_h);
// dx [T, in] = dy W + d_h A
void linear_backward(const at::Tensor& dy, const FrozenMatrix& w, const LowRank& low, const at::Tensor& d_h,
                     at::Tensor& dx);
// The same where x was act of linear_gated: gate_up becomes its own gradient, act is filled again.
void linear_backward_gated(Activation activation, const at::Tensor& dy, const FrozenMatrix& w, const LowRank& low,
                           const at::Tensor& d_h, at::Tensor& gate_up, at::Tensor& act);

// Where one slot's gradients are added, contiguous f32: a [rank, in], b [rows of the slot, rank].
struct SlotGradient {
  float* a;
  float* b;
};
// a += d_h^T x, b += scale * dy^T h
void low_rank_gradient(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& h, const at::Tensor& d_h,
                       const LowRank& low, double scale, std::span<const SlotGradient> gradients);

}  // namespace pmtune::kernels
