// Causal attention of packed examples on the CPU: each example sees only itself. Blocks of scores live in the caches
// and are never written out (as FlashAttention, Dao et al. 2022, https://arxiv.org/abs/2205.14135); the backward pass
// recomputes them from log_sum_exp. Key and value heads may serve several query heads.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace pmtune::kernels {

// Rows [offset, offset + length) of a packed batch: one example, or what is left of it after the rows of a prefix
// that it shares with others. Those are a segment of their own; each of its rows sees it whole.
struct Segment {
  std::int64_t offset;
  std::int64_t length;
  std::int64_t prefix_offset = 0;
  std::int64_t prefix_length = 0;  // 0: shares none
};

struct AttentionShape {
  std::int64_t heads;
  std::int64_t kv_heads;
  std::int64_t head_dim;
  double scale;             // of the scores, usually 1 / sqrt(head_dim)
  std::int64_t window = 0;  // a token sees itself and the window - 1 before it; 0: all before it
  double soft_cap = 0;      // scores become cap * tanh(score / cap); 0: none
};

// Whether the two functions below can run: contiguous f32 or bf16 rows on the CPU, a head size that is a multiple of
// 32, and no soft cap.
bool can_attend(const AttentionShape& shape, const at::Tensor& qkv);

// What a thread takes for an example of this length, prefix included; element: 4 or 2 bytes.
std::int64_t attention_scratch_bytes(const AttentionShape& shape, std::int64_t length, std::int64_t element);

// What all threads together take beside, in the backward pass of so many rows that share prefixes: the gradients of
// keys and values, until all that saw them have added theirs.
std::int64_t shared_gradient_bytes(const AttentionShape& shape, std::int64_t rows);

// qkv [T, (heads + 2 kv_heads) * head_dim], queries and keys already rotated -> context [T, heads * head_dim],
// log_sum_exp f32 [heads, at least T].
void attend(const AttentionShape& shape, std::span<const Segment> segments, const at::Tensor& qkv,
            at::Tensor& context, at::Tensor& log_sum_exp);

// -> d_qkv as before RoPE: the gradients of queries and keys are rotated back by cos, sin (f32 [T, head_dim / 2]).
void attend_backward(const AttentionShape& shape, std::span<const Segment> segments, const at::Tensor& qkv,
                     const at::Tensor& context, const at::Tensor& log_sum_exp, const at::Tensor& d_context,
                     const at::Tensor& cos, const at::Tensor& sin, at::Tensor& d_qkv);

}  // namespace pmtune::kernels
