#include "model/decoder.hpp"

#include <ATen/ATen.h>

#include "kernels/ops.hpp"
#include "model/attention.hpp"

namespace pmtune::model {
namespace {

const GroupAdapter kNoAdapter;

const GroupAdapter& group_adapter(const Adapter* adapter, std::int64_t layer, Group group) {
  return adapter ? adapter->group(layer, group) : kNoAdapter;
}

// What one pass needs again and again, for T tokens.
struct Buffers {
  at::Tensor normed, rstd, qkv, projected, gate_up, act;
  at::Tensor scratch;  // where matrices that are kept in blocks are dequantised

  Buffers(const Weights& w, std::int64_t tokens) {
    const Architecture& a = w.architecture;
    const at::TensorOptions typed = at::TensorOptions().dtype(w.dtype).device(w.device);
    normed = at::empty({tokens, a.hidden}, typed);
    rstd = at::empty({tokens}, typed.dtype(at::kFloat));
    qkv = at::empty({tokens, a.qkv_size()}, typed);
    projected = at::empty({tokens, a.hidden}, typed);
    gate_up = at::empty({tokens, 2 * a.feed_forward}, typed);
    act = at::empty({tokens, a.feed_forward}, typed);
  }
};

}  // namespace

KvCache::KvCache(const Weights& weights, std::int64_t capacity) : capacity_(capacity) {
  const at::TensorOptions options = at::TensorOptions().dtype(weights.dtype).device(weights.device);
  for (std::int64_t layer = 0; layer < weights.architecture.layers; ++layer) {
    keys_.push_back(at::empty({capacity, weights.architecture.kv_size()}, options));
    values_.push_back(at::empty({capacity, weights.architecture.kv_size()}, options));
  }
}

void apply_group(const at::Tensor& x, const at::Tensor& weight, const GroupAdapter& adapter, at::Tensor& y,
                 at::Tensor* h) {
  at::mm_out(y, x, weight.t());
  if (!adapter.defined()) return;
  const at::Tensor inner = at::mm(x, adapter.a.t());
  y.addmm_(inner, adapter.b.t());
  if (h) *h = inner;
}

at::Tensor ids_tensor(const Weights& weights, const std::vector<std::int32_t>& ids) {
  const at::ArrayRef<std::int32_t> values(ids.data(), ids.size());
  return at::tensor(values, at::TensorOptions().dtype(at::kInt)).to(at::kLong).to(weights.device);
}

at::Tensor Decoder::embed(const Weights& weights, const at::Tensor& ids) { return weights.embedding.take_rows(ids); }

at::Tensor Decoder::forward(const at::Tensor& ids, KvCache* cache) const {
  const Architecture& a = weights_.architecture;
  const std::int64_t tokens = ids.size(0), start = cache ? cache->length_ : 0;
  const at::Tensor positions =
      at::arange(start, start + tokens, at::TensorOptions().dtype(at::kLong).device(weights_.device));
  const auto [cos, sin] = rope_angles(weights_, positions);
  at::Tensor hidden = embed(weights_, ids);
  Buffers b(weights_, tokens);
  for (std::int64_t l = 0; l < a.layers; ++l) {
    const LayerWeights& layer = weights_.layers[static_cast<std::size_t>(l)];
    const auto run = [&](Group group, const at::Tensor& x, at::Tensor& y) {
      apply_group(x, layer.group[static_cast<int>(group)].dense(b.scratch), group_adapter(adapter_, l, group), y);
    };
    kernels::rms_norm(hidden, layer.attention_norm, a.norm_epsilon, b.normed, b.rstd);
    run(Group::qkv, b.normed, b.qkv);
    kernels::rope_(b.qkv, cos, sin, a.heads + a.kv_heads, a.head_dim, false);
    run(Group::o, attention(l, b.qkv, cache), b.projected);
    kernels::add_to(b.projected, hidden);
    kernels::rms_norm(hidden, layer.mlp_norm, a.norm_epsilon, b.normed, b.rstd);
    run(Group::gate_up, b.normed, b.gate_up);
    kernels::swiglu(b.gate_up, b.act);
    run(Group::down, b.act, b.projected);
    kernels::add_to(b.projected, hidden);
  }
  if (cache) cache->length_ += tokens;
  at::Tensor out = at::empty_like(hidden);
  kernels::rms_norm(hidden, weights_.final_norm, a.norm_epsilon, out, b.rstd);
  return out;
}

at::Tensor Decoder::attention(std::int64_t layer, at::Tensor& qkv, KvCache* cache) const {
  const Architecture& a = weights_.architecture;
  Heads heads = split_heads(a, qkv);
  const std::int64_t tokens = qkv.size(0), start = cache ? cache->length_ : 0;
  if (cache) {
    at::Tensor &keys = cache->keys_[static_cast<std::size_t>(layer)],
               &values = cache->values_[static_cast<std::size_t>(layer)];
    keys.narrow(0, start, tokens).copy_(qkv.narrow(1, a.query_size(), a.kv_size()));
    values.narrow(0, start, tokens).copy_(qkv.narrow(1, a.query_size() + a.kv_size(), a.kv_size()));
    const auto as_heads = [&](const at::Tensor& x) {
      return x.narrow(0, 0, start + tokens)
          .view({start + tokens, a.kv_heads, a.head_dim})
          .transpose(0, 1)
          .unsqueeze(0);
    };
    if (start > 0) {
      heads.key = as_heads(keys);
      heads.value = as_heads(values);
    }
  }
  if (start == 0) return join_heads(attend(a, heads).out);
  std::optional<at::Tensor> mask;
  if (tokens > 1)  // token i sees everything up to start + i
    mask = at::ones({tokens, start + tokens}, qkv.options().dtype(at::kBool)).tril(start);
  const bool grouped = a.heads != a.kv_heads;
  return join_heads(at::scaled_dot_product_attention(heads.query, heads.key, heads.value, mask, 0.0, false,
                                                     attention_scale(a), grouped));
}

at::Tensor Decoder::logits(const at::Tensor& hidden) const {
  return at::mm(hidden.to(weights_.dtype), weights_.head.t()).to(at::kFloat);
}

}  // namespace pmtune::model
