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

at::Tensor Decoder::embed(const Weights& weights, const at::Tensor& ids) {
  const at::Tensor rows = weights.embedding.take_rows(ids);
  const double scale = weights.architecture.embedding_scale;
  return scale == 1 ? rows : rows * scale;
}

bool Decoder::must_begin_again(const KvCache& cache) const {
  return weights_.is_rotated_otherwise(cache.length() + 1) && !weights_.is_rotated_otherwise(cache.length());
}

at::Tensor Decoder::forward(const at::Tensor& ids, KvCache* cache) const {
  const Architecture& a = weights_.architecture;
  const std::int64_t tokens = ids.size(0), start = cache ? cache->length_ : 0;
  const at::TensorOptions longs = at::TensorOptions().dtype(at::kLong).device(weights_.device);
  const std::vector<Rotation> rotated =
      rotations(weights_, at::arange(start, start + tokens, longs), at::full({tokens}, start + tokens, longs));
  at::Tensor hidden = embed(weights_, ids);
  Buffers b(weights_, tokens);
  for (std::int64_t l = 0; l < a.layers; ++l) {
    const LayerWeights& layer = weights_.layers[static_cast<std::size_t>(l)];
    const auto run = [&](Group group, const at::Tensor& x, at::Tensor& y) {
      apply_group(x, layer.group[static_cast<int>(group)].dense(b.scratch), group_adapter(adapter_, l, group), y);
    };
    const auto add_half = [&](const at::Tensor& post_norm) {
      if (!post_norm.defined()) return kernels::add_to(b.projected, hidden);
      kernels::rms_norm(b.projected.to(at::kFloat), post_norm, a.norm_epsilon, b.normed, b.rstd);
      kernels::add_to(b.normed, hidden);
    };
    kernels::rms_norm(hidden, layer.attention_norm, a.norm_epsilon, b.normed, b.rstd);
    run(Group::qkv, b.normed, b.qkv);
    finish_qkv_(a, layer, rotated[a.look(l).rope], b.qkv, nullptr);
    run(Group::o, attention(l, b.qkv, cache), b.projected);
    add_half(layer.post_attention_norm);
    kernels::rms_norm(hidden, layer.mlp_norm, a.norm_epsilon, b.normed, b.rstd);
    run(Group::gate_up, b.normed, b.gate_up);
    kernels::glu(a.activation, b.gate_up, b.act);
    run(Group::down, b.act, b.projected);
    add_half(layer.post_mlp_norm);
  }
  if (cache) cache->length_ += tokens;
  at::Tensor out = at::empty_like(hidden);
  kernels::rms_norm(hidden, weights_.final_norm, a.norm_epsilon, out, b.rstd);
  return out;
}

at::Tensor Decoder::attention(std::int64_t layer, at::Tensor& qkv, KvCache* cache) const {
  const AttentionShape shape = attention_shape(weights_.architecture, layer);
  Heads heads = split_heads(shape, qkv);
  if (cache) {
    const std::int64_t tokens = qkv.size(0), start = cache->length_;
    const auto keep = [&](std::vector<at::Tensor>& kept, at::Tensor& head) {
      at::Tensor& all = kept[static_cast<std::size_t>(layer)];
      all.narrow(0, start, tokens).copy_(join_heads(head));
      if (start == 0) return;
      head = all.narrow(0, 0, start + tokens)
                 .unflatten(1, {shape.kv_heads, shape.head_dim})
                 .transpose(0, 1)
                 .unsqueeze(0);
    };
    keep(cache->keys_, heads.key);
    keep(cache->values_, heads.value);
  }
  return join_heads(attend_only(shape, heads));
}

at::Tensor Decoder::logits(const at::Tensor& hidden) const {
  at::Tensor scores = at::mm(hidden.to(weights_.dtype), weights_.head.t()).to(at::kFloat);
  soft_cap_(scores, weights_.architecture.final_soft_cap);
  return scores;
}

void soft_cap_(at::Tensor& scores, double cap) {
  if (cap > 0) scores.div_(cap).tanh_().mul_(cap);
}

}  // namespace pmtune::model
