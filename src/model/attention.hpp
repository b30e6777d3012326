// Causal attention over heads stored side by side in the rows of a fused query-key-value matrix.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "kernels/attention.hpp"
#include "model/weights.hpp"

namespace pmtune::model {

using kernels::AttentionShape;

AttentionShape attention_shape(const Architecture& architecture, std::int64_t layer);

// Makes queries, keys and values of what the qkv matrix gave, in place: bias, norms of heads, rotation; whatever the
// architecture has. raw [T, (heads + kv_heads) * head_dim]: receives queries and keys before their norms; may be
// null.
void finish_qkv_(const Architecture& architecture, const LayerWeights& layer, const Rotation& rotation,
                 at::Tensor& qkv, at::Tensor* raw);

// Views [1, heads, T, head_dim] of the three parts of qkv [T, (heads + 2 kv_heads) * head_dim].
struct Heads {
  at::Tensor query, key, value;
};
Heads split_heads(const AttentionShape& shape, const at::Tensor& qkv);
// The inverse view: [1, heads, T, head_dim] -> [T, heads * head_dim]; copies only when the layout needs it.
at::Tensor join_heads(const at::Tensor& heads);

// What the backward pass needs of one segment.
struct AttentionState {
  at::Tensor out;          // [1, heads, queries, head_dim]
  at::Tensor log_sum_exp;  // undefined where libtorch's kernel did not run
};

// One segment on its own, every token attending to itself and those before it. There may be fewer queries than keys:
// they are the last.
AttentionState attend(const AttentionShape& shape, const Heads& heads);
// The same, for answers: nothing is kept.
at::Tensor attend_only(const AttentionShape& shape, const Heads& heads);
// Gradients in the shapes of heads.
Heads attend_backward(const AttentionShape& shape, const Heads& heads, const AttentionState& state,
                      const at::Tensor& d_out);

}  // namespace pmtune::model
