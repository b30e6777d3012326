#include "model/attention.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "kernels/ops.hpp"

namespace pmtune::model {
namespace {

bool use_flash(const at::Tensor& query) {
#if PMTUNE_HAVE_CPU_FLASH
  return query.device().is_cpu() && !kernels::UseReference::active() && query.scalar_type() != at::kDouble;
#else
  (void)query;
  return false;
#endif
}

at::Tensor wide(const at::Tensor& x) { return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat); }

// Keys and values repeated so that every query head has its own.
at::Tensor repeat_heads(const at::Tensor& x, std::int64_t times) {
  return times == 1 ? x : x.repeat_interleave(times, 1);
}

// Softmax of the causal scores, [1, heads, T, T], f32.
at::Tensor probabilities(const Architecture& a, const at::Tensor& query, const at::Tensor& key) {
  const std::int64_t length = query.size(2);
  at::Tensor scores = at::matmul(query, key.transpose(2, 3)) * attention_scale(a);
  const at::Tensor future = at::ones({length, length}, scores.options().dtype(at::kBool)).triu(1);
  return at::softmax(scores.masked_fill(future, -INFINITY), -1);
}

}  // namespace

double attention_scale(const Architecture& a) { return 1.0 / std::sqrt(static_cast<double>(a.head_dim)); }

kernels::AttentionShape attention_shape(const Architecture& a) {
  return {a.heads, a.kv_heads, a.head_dim, attention_scale(a)};
}

Heads split_heads(const Architecture& a, const at::Tensor& qkv) {
  const auto part = [&](std::int64_t offset, std::int64_t count) {
    return qkv.narrow(1, offset, count * a.head_dim).unflatten(1, {count, a.head_dim}).transpose(0, 1).unsqueeze(0);
  };
  return {part(0, a.heads), part(a.query_size(), a.kv_heads), part(a.query_size() + a.kv_size(), a.kv_heads)};
}

at::Tensor join_heads(const at::Tensor& heads) { return heads.squeeze(0).transpose(0, 1).flatten(1); }

AttentionState attend(const Architecture& a, const Heads& h) {
#if PMTUNE_HAVE_CPU_FLASH
  if (use_flash(h.query)) {
    auto [out, lse] =
        at::_scaled_dot_product_flash_attention_for_cpu(h.query, h.key, h.value, 0.0, true, {}, attention_scale(a));
    return {out, lse};
  }
#endif
  const std::int64_t times = a.heads / a.kv_heads;
  const at::Tensor p = probabilities(a, wide(h.query), repeat_heads(wide(h.key), times));
  const at::Tensor out = at::matmul(p, repeat_heads(wide(h.value), times)).to(h.query.scalar_type());
  return {out, {}};
}

Heads attend_backward(const Architecture& a, const Heads& h, const AttentionState& state, const at::Tensor& d_out) {
#if PMTUNE_HAVE_CPU_FLASH
  if (state.log_sum_exp.defined()) {
    auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
        d_out, h.query, h.key, h.value, state.out, state.log_sum_exp, 0.0, true, {}, attention_scale(a));
    return {dq, dk, dv};
  }
#endif
  const std::int64_t times = a.heads / a.kv_heads, length = h.query.size(2);
  const at::Tensor query = wide(h.query), key = repeat_heads(wide(h.key), times),
                   value = repeat_heads(wide(h.value), times), d = wide(d_out);
  const at::Tensor p = probabilities(a, query, key);
  const at::Tensor dv = at::matmul(p.transpose(2, 3), d);
  const at::Tensor dp = at::matmul(d, value.transpose(2, 3));
  const at::Tensor ds = p * (dp - (dp * p).sum(-1, true)) * attention_scale(a);
  const auto fold = [&](const at::Tensor& x) {
    return times == 1 ? x : x.view({1, a.kv_heads, times, length, a.head_dim}).sum(2);
  };
  const at::ScalarType type = h.query.scalar_type();
  return {at::matmul(ds, key).to(type), fold(at::matmul(ds.transpose(2, 3), query)).to(type), fold(dv).to(type)};
}

}  // namespace pmtune::model
