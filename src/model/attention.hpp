// Causal attention over heads stored side by side in the rows of a fused query-key-value matrix.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "kernels/attention.hpp"
#include "model/architecture.hpp"

namespace pmtune::model {

// Views [1, heads, T, head_dim] of the three parts of qkv [T, (heads + 2 kv_heads) * head_dim].
struct Heads {
  at::Tensor query, key, value;
};
Heads split_heads(const Architecture& architecture, const at::Tensor& qkv);
// The inverse view: [1, heads, T, head_dim] -> [T, heads * head_dim]; copies only when the layout needs it.
at::Tensor join_heads(const at::Tensor& heads);

double attention_scale(const Architecture& architecture);
// For the kernels of packed batches.
kernels::AttentionShape attention_shape(const Architecture& architecture);

// What the backward pass needs of one segment.
struct AttentionState {
  at::Tensor out;          // [1, heads, T, head_dim]
  at::Tensor log_sum_exp;  // undefined on the reference path
};

// One segment on its own, every token attending to itself and those before it.
AttentionState attend(const Architecture& architecture, const Heads& heads);
// Gradients in the shapes of heads.
Heads attend_backward(const Architecture& architecture, const Heads& heads, const AttentionState& state,
                      const at::Tensor& d_out);

}  // namespace pmtune::model
