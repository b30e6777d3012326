// One decoder layer with its backward pass, written out by hand: no graph is recorded, what is kept is listed in
// LayerState, and the buffers are used again from layer to layer and step to step. Notation: T tokens, d hidden size,
// W frozen weights, A and B the adapter's matrices; the gradient of x is written dx.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

#include "model/adapter.hpp"
#include "model/weights.hpp"
#include "train/rows.hpp"
#include "train/step_order.hpp"

namespace pmtune::train {

// The tensors of the packed batch that every layer needs.
struct BatchTensors {
  at::Tensor ids;                          // int64 [T]
  std::vector<model::Rotation> rotations;  // one for each of the architecture's ropes
  at::Tensor rows;                         // int64 [n]: taught rows
  at::Tensor targets;                      // int64 [n]
  std::vector<kernels::Segment> segments;
  std::int64_t tokens = 0;
};

// Kept from forward to backward. With full recomputation one state serves all layers in turn.
struct LayerState {
  at::Tensor after_attention;                    // f32 [T,d]: the residual stream between the two halves
  at::Tensor rstd1, rstd2;                       // f32 [T]
  at::Tensor qkv;                                // [T, ...] after RoPE
  at::Tensor raw_heads;                          // [T, ...]: queries and keys before their norms, where they have
  at::Tensor context;                            // [T, heads * head_dim]: attention's output
  at::Tensor attention_out, mlp_out;             // [T, d]: what the halves add before its norm, where it has one
  at::Tensor rstd3, rstd4;                       // f32 [T]: of these norms
  at::Tensor gate_up;                            // [T, 2f]
  at::Tensor log_sum_exp;                        // f32 [heads, T]; fused path
  std::vector<at::Tensor> log_sum_exps;          // per segment; plain path
  std::array<at::Tensor, model::kGroups> inner;  // x A^T of each adapted group, [T, columns]
  std::array<at::Tensor, model::kGroups> dropped,
      kept;  // with dropout: the adapter's input, and which elements were kept
};

// Of a buffer that has room for more.
inline at::Tensor first_rows(const at::Tensor& buffer, std::int64_t rows) { return buffer.narrow(0, 0, rows); }

// Buffers shared by all layers, for at most `capacity` tokens.
struct Workspace {
  Workspace(const model::Weights& weights, const model::Adapter& adapter, std::int64_t capacity);
  at::Tensor normed, projected, act, d_out, d_qkv, d_context, d_inner;
  at::Tensor wide, d_wide;  // f32 [T,d], for norms of what the halves add; undefined where there are none
  at::Tensor scratch;       // where matrices that are kept in blocks are dequantised
  std::int64_t capacity;
};
LayerState make_state(const model::Weights& weights, const model::Adapter& adapter, std::int64_t layer,
                      std::int64_t capacity);

// Two paths give the same result: the fused one of kernels/linear.hpp and kernels/attention.hpp, and the plain one of
// ATen operations, which also serves other devices, odd sizes and dropout.
class LayerPass {
 public:
  LayerPass(const model::Weights& weights, const model::Adapter& adapter, double dropout)
      : weights_(weights), adapter_(adapter), dropout_(dropout), can_fuse_(can_fuse(weights, dropout)) {}

  // Whether micro-batches of whole blocks of rows take the fused path.
  static bool can_fuse(const model::Weights& weights, double dropout);

  // input f32 [T,d] -> output f32 [T,d], which may be input itself; null when only `state` is wanted.
  void forward(std::int64_t layer, const BatchTensors& batch, const at::Tensor& input, at::Tensor* output,
               LayerState& state, Workspace& work, std::uint64_t dropout_seed) const;

  // d_hidden f32 [T,d]: gradient of the output in, of the input out. input: what forward was given. gradient: flat
  // f32, added to. The frozen product of the lowest learning layer's input gradient is skipped: nothing below
  // it learns.
  void backward(std::int64_t layer, const BatchTensors& batch, const at::Tensor& input, at::Tensor& d_hidden,
                LayerState& state, Workspace& work, at::Tensor& gradient) const;

 private:
  // Bias, norms of heads, rotation.
  void finish_qkv(std::int64_t layer, const BatchTensors& batch, LayerState& state) const;
  // From the gradient of finished queries and keys, rotated back already, to that of the qkv product.
  void unfinish_qkv(std::int64_t layer, const LayerState& state, at::Tensor& d_qkv) const;
  // sum = residual + half, or residual + norm(half) where the half has a norm. Without a sum only rstd is filled.
  void add_half(const at::Tensor& half, const at::Tensor& norm, at::Tensor& rstd, const at::Tensor& residual,
                at::Tensor& sum, Workspace& work) const;
  // d_out: gradient of what a half adds, from that of the residual stream; through its norm, where it has one.
  void half_gradient(const at::Tensor& d_hidden, const at::Tensor& half, const at::Tensor& norm,
                     const at::Tensor& rstd, at::Tensor& d_out, Workspace& work) const;

  bool fused(const BatchTensors& batch) const { return can_fuse_ && batch.tokens % kTokenMultiple == 0; }
  const model::LayerWeights& layer(std::int64_t l) const { return weights_.layers[static_cast<std::size_t>(l)]; }

  // layer_fused.cpp
  void forward_fused(std::int64_t layer, const BatchTensors& batch, const at::Tensor& input, at::Tensor* output,
                     LayerState& state, Workspace& work) const;
  void backward_fused(std::int64_t layer, const BatchTensors& batch, const at::Tensor& input, at::Tensor& d_hidden,
                      LayerState& state, Workspace& work, at::Tensor& gradient) const;
  // sum = residual + x W^T + ..., as add_half; null when only `state` is wanted.
  void add_product(std::int64_t layer, model::Group group, const at::Tensor& x, const at::Tensor& residual,
                   at::Tensor* sum, LayerState& state, Workspace& work) const;
  at::Tensor inner(std::int64_t layer, model::Group group, const at::Tensor& x, LayerState& state) const;
  at::Tensor inner_backward(std::int64_t layer, model::Group group, const at::Tensor& dy, Workspace& work) const;
  void add_gradient(std::int64_t layer, model::Group group, const at::Tensor& x, const at::Tensor& dy,
                    const at::Tensor& d_inner, LayerState& state, at::Tensor& gradient) const;

  // layer_plain.cpp
  void forward_plain(std::int64_t layer, const BatchTensors& batch, const at::Tensor& input, at::Tensor* output,
                     LayerState& state, Workspace& work, std::uint64_t dropout_seed) const;
  void backward_plain(std::int64_t layer, const BatchTensors& batch, const at::Tensor& input, at::Tensor& d_hidden,
                      LayerState& state, Workspace& work, at::Tensor& gradient) const;
  void group_forward(std::int64_t layer, model::Group group, const at::Tensor& x, at::Tensor& y, LayerState& state,
                     Workspace& work, std::uint64_t dropout_seed) const;
  // dx = dy W + ..., when wanted; adds the adapter's gradients.
  void group_backward(std::int64_t layer, model::Group group, const at::Tensor& x, const at::Tensor& dy,
                      at::Tensor* dx, LayerState& state, Workspace& work, at::Tensor& gradient) const;
  void attention_forward(std::int64_t layer, const BatchTensors& batch, LayerState& state) const;
  void attention_backward(std::int64_t layer, const BatchTensors& batch, const at::Tensor& d_context,
                          LayerState& state, at::Tensor& d_qkv) const;

  const model::Weights& weights_;
  const model::Adapter& adapter_;
  double dropout_;
  bool can_fuse_;
};

}  // namespace pmtune::train
