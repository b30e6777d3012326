#include "model/attention.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "kernels/ops.hpp"

namespace pmtune::model {
namespace {

// Queries taken at once where scores are written out.
constexpr std::int64_t kQueries = 256;

bool hides(const AttentionShape& shape, std::int64_t keys) { return shape.window > 0 && shape.window < keys; }

// libtorch's kernel for the CPU with its backward pass: no window, no cap, as many queries as keys.
bool use_flash(const AttentionShape& shape, const Heads& h) {
#if PMTUNE_HAVE_CPU_FLASH
  return h.query.device().is_cpu() && !kernels::UseReference::active() && h.query.scalar_type() != at::kDouble &&
         shape.soft_cap == 0 && !hides(shape, h.key.size(2)) && h.query.size(2) == h.key.size(2);
#else
  (void)shape, (void)h;
  return false;
#endif
}

at::Tensor wide(const at::Tensor& x) { return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat); }

// Keys and values repeated so that every query head has its own.
at::Tensor repeat_heads(const at::Tensor& x, std::int64_t times) {
  return times == 1 ? x : x.repeat_interleave(times, 1);
}

// bool [queries, keys]: what the queries at these places see.
at::Tensor seen(const AttentionShape& shape, std::int64_t first_query, std::int64_t queries, std::int64_t keys,
                at::Device device) {
  at::Tensor mask = at::ones({queries, keys}, at::TensorOptions().dtype(at::kBool).device(device)).tril(first_query);
  return shape.window > 0 ? mask.triu(first_query - shape.window + 1) : mask;
}

// Of a few queries [1, heads, queries, head_dim], the first of which stands at the place first_query.
struct Scores {
  at::Tensor probabilities;  // [1, heads, queries, keys]
  at::Tensor slope;          // of the soft cap; undefined without
};

Scores scores_of(const AttentionShape& shape, const at::Tensor& query, const at::Tensor& key,
                 std::int64_t first_query) {
  at::Tensor scores = at::matmul(query, key.transpose(2, 3)) * shape.scale, slope;
  if (shape.soft_cap > 0) {
    const at::Tensor bent = (scores / shape.soft_cap).tanh();
    slope = 1 - bent.square();
    scores = bent * shape.soft_cap;
  }
  const at::Tensor mask = seen(shape, first_query, query.size(2), key.size(2), query.device());
  return {at::softmax(scores.masked_fill(mask.logical_not(), -INFINITY), -1), slope};
}

template <class Visit>  // (first query, count)
void in_chunks(std::int64_t queries, const Visit& visit) {
  for (std::int64_t at = 0; at < queries; at += kQueries) visit(at, std::min(kQueries, queries - at));
}

// Scores written out, in f32 or f64: the definition.
at::Tensor attend_plainly(const AttentionShape& shape, const Heads& h) {
  const std::int64_t times = shape.heads / shape.kv_heads, before = h.key.size(2) - h.query.size(2);
  const at::Tensor query = wide(h.query), key = repeat_heads(wide(h.key), times),
                   value = repeat_heads(wide(h.value), times);
  at::Tensor out = at::empty(h.query.sizes(), h.query.options());
  in_chunks(query.size(2), [&](std::int64_t at, std::int64_t count) {
    const Scores scores = scores_of(shape, query.narrow(2, at, count), key, before + at);
    out.narrow(2, at, count).copy_(at::matmul(scores.probabilities, value));
  });
  return out;
}

Heads attend_plainly_backward(const AttentionShape& shape, const Heads& h, const at::Tensor& d_out) {
  const std::int64_t times = shape.heads / shape.kv_heads, length = h.query.size(2);
  const at::Tensor query = wide(h.query), key = repeat_heads(wide(h.key), times),
                   value = repeat_heads(wide(h.value), times), d = wide(d_out);
  at::Tensor dq = at::empty_like(query), dk = at::zeros_like(key), dv = at::zeros_like(value);
  in_chunks(length, [&](std::int64_t at, std::int64_t count) {
    const at::Tensor q = query.narrow(2, at, count), dc = d.narrow(2, at, count);
    const auto [p, slope] = scores_of(shape, q, key, at);
    const at::Tensor dp = at::matmul(dc, value.transpose(2, 3));
    at::Tensor ds = p * (dp - (dp * p).sum(-1, true)) * shape.scale;
    if (slope.defined()) ds.mul_(slope);
    dq.narrow(2, at, count).copy_(at::matmul(ds, key));
    dk.add_(at::matmul(ds.transpose(2, 3), q));
    dv.add_(at::matmul(p.transpose(2, 3), dc));
  });
  const auto fold = [&](const at::Tensor& x) {
    return times == 1 ? x : x.view({1, shape.kv_heads, times, length, shape.head_dim}).sum(2);
  };
  const at::ScalarType type = h.query.scalar_type();
  return {dq.to(type), fold(dk).to(type), fold(dv).to(type)};
}

}  // namespace

AttentionShape attention_shape(const Architecture& a, std::int64_t layer) {
  return {a.heads, a.kv_heads, a.head_dim, a.attention_scale, a.look(layer).window, a.attention_soft_cap};
}

void finish_qkv_(const Architecture& a, const LayerWeights& layer, const Rotation& rotation, at::Tensor& qkv,
                 at::Tensor* raw) {
  if (layer.qkv_bias.defined()) qkv.add_(layer.qkv_bias);
  if (layer.query_norm.defined()) {
    kernels::head_norm_(qkv, layer.query_norm, a.norm_epsilon, 0, a.heads, raw);
    kernels::head_norm_(qkv, layer.key_norm, a.norm_epsilon, a.heads, a.kv_heads, raw);
  }
  kernels::rope_(qkv, rotation.cos, rotation.sin, a.heads + a.kv_heads, a.head_dim, false);
}

Heads split_heads(const AttentionShape& s, const at::Tensor& qkv) {
  const auto part = [&](std::int64_t first, std::int64_t count) {
    return qkv.narrow(1, first * s.head_dim, count * s.head_dim)
        .unflatten(1, {count, s.head_dim})
        .transpose(0, 1)
        .unsqueeze(0);
  };
  return {part(0, s.heads), part(s.heads, s.kv_heads), part(s.heads + s.kv_heads, s.kv_heads)};
}

at::Tensor join_heads(const at::Tensor& heads) { return heads.squeeze(0).transpose(0, 1).flatten(1); }

AttentionState attend(const AttentionShape& shape, const Heads& h) {
#if PMTUNE_HAVE_CPU_FLASH
  if (use_flash(shape, h)) {
    auto [out, lse] =
        at::_scaled_dot_product_flash_attention_for_cpu(h.query, h.key, h.value, 0.0, true, {}, shape.scale);
    return {out, lse};
  }
#endif
  return {attend_plainly(shape, h), {}};
}

at::Tensor attend_only(const AttentionShape& shape, const Heads& whole) {
  const std::int64_t queries = whole.query.size(2);
  Heads h = whole;
  if (hides(shape, h.key.size(2) - queries + 1)) {  // keys that none of the queries sees
    const std::int64_t kept = shape.window + queries - 1, dropped = h.key.size(2) - kept;
    h.key = h.key.narrow(2, dropped, kept);
    h.value = h.value.narrow(2, dropped, kept);
  }
  if (shape.soft_cap > 0 || kernels::UseReference::active()) return attend_plainly(shape, h);
  const std::int64_t keys = h.key.size(2);
  const bool square = queries == keys && !hides(shape, keys);
  std::optional<at::Tensor> mask;
  if (!square && queries > 1) mask = seen(shape, keys - queries, queries, keys, h.query.device());
  return at::scaled_dot_product_attention(h.query, h.key, h.value, mask, 0.0, square && queries > 1, shape.scale,
                                          shape.heads != shape.kv_heads);
}

Heads attend_backward(const AttentionShape& shape, const Heads& h, const AttentionState& state,
                      const at::Tensor& d_out) {
#if PMTUNE_HAVE_CPU_FLASH
  if (state.log_sum_exp.defined()) {
    auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
        d_out, h.query, h.key, h.value, state.out, state.log_sum_exp, 0.0, true, {}, shape.scale);
    return {dq, dk, dv};
  }
#endif
  return attend_plainly_backward(shape, h, d_out);
}

}  // namespace pmtune::model
