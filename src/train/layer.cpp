#include "train/layer.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "kernels/linear.hpp"
#include "kernels/ops.hpp"
#include "model/attention.hpp"

namespace pmtune::train {
using model::Architecture;

Workspace::Workspace(const model::Weights& w, const model::Adapter& adapter, std::int64_t tokens) : capacity(tokens) {
  const Architecture& a = w.architecture;
  const at::TensorOptions typed = at::TensorOptions().dtype(w.dtype).device(w.device);
  normed = at::empty({tokens, a.hidden}, typed);
  projected = at::empty({tokens, a.hidden}, typed);
  act = at::empty({tokens, a.feed_forward}, typed);
  d_out = at::empty({tokens, a.hidden}, typed);
  d_qkv = at::empty({tokens, a.qkv_size()}, typed);
  d_context = at::empty({tokens, a.query_size()}, typed);
  d_inner = at::empty({tokens, adapter.widest_inner()}, typed);
  if (a.post_norms)
    for (at::Tensor* buffer : {&wide, &d_wide}) *buffer = at::empty({tokens, a.hidden}, typed.dtype(at::kFloat));
}

LayerState make_state(const model::Weights& w, const model::Adapter& adapter, std::int64_t layer,
                      std::int64_t tokens) {
  const Architecture& a = w.architecture;
  const at::TensorOptions typed = at::TensorOptions().dtype(w.dtype).device(w.device),
                          floats = typed.dtype(at::kFloat);
  LayerState state;
  state.after_attention = at::empty({tokens, a.hidden}, floats);
  state.rstd1 = at::empty({tokens}, floats);
  state.rstd2 = at::empty({tokens}, floats);
  state.qkv = at::empty({tokens, a.qkv_size()}, typed);
  state.context = at::empty({tokens, a.query_size()}, typed);
  state.gate_up = at::empty({tokens, 2 * a.feed_forward}, typed);
  if (a.head_norms) state.raw_heads = at::empty({tokens, a.query_size() + a.kv_size()}, typed);
  if (a.post_norms) {
    for (at::Tensor* half : {&state.attention_out, &state.mlp_out}) *half = at::empty({tokens, a.hidden}, typed);
    for (at::Tensor* rstd : {&state.rstd3, &state.rstd4}) *rstd = at::empty({tokens}, floats);
  }
  state.log_sum_exp = at::empty({a.heads, tokens}, floats);
  for (int g = 0; g < model::kGroups; ++g)
    if (const model::GroupAdapter& group = adapter.group(layer, static_cast<model::Group>(g)); group.defined())
      state.inner[g] = at::empty({tokens, group.a.size(0)}, typed);
  return state;
}

bool LayerPass::can_fuse(const model::Weights& w, double dropout) {
  const at::Tensor like = at::empty({0}, at::TensorOptions().dtype(w.dtype).device(w.device));
  const auto& groups = w.layers.front().group;
  return dropout == 0 && kernels::can_attend(model::attention_shape(w.architecture, 0), like) &&
         std::all_of(groups.begin(), groups.end(), [&](const kernels::FrozenMatrix& matrix) {
           return kernels::can_multiply(matrix, kTokenMultiple, like);
         });
}

void LayerPass::forward(std::int64_t l, const BatchTensors& batch, const at::Tensor& input, at::Tensor* output,
                        LayerState& state, Workspace& work, std::uint64_t seed) const {
  if (fused(batch)) return forward_fused(l, batch, input, output, state, work);
  forward_plain(l, batch, input, output, state, work, seed);
}

void LayerPass::finish_qkv(std::int64_t l, const BatchTensors& batch, LayerState& state) const {
  const Architecture& a = weights_.architecture;
  at::Tensor qkv = first_rows(state.qkv, batch.tokens);
  at::Tensor raw = a.head_norms ? first_rows(state.raw_heads, batch.tokens) : at::Tensor();
  model::finish_qkv_(a, layer(l), batch.rotations[a.look(l).rope], qkv, a.head_norms ? &raw : nullptr);
}

void LayerPass::unfinish_qkv(std::int64_t l, const LayerState& state, at::Tensor& d_qkv) const {
  const Architecture& a = weights_.architecture;
  if (!a.head_norms) return;
  const at::Tensor raw = first_rows(state.raw_heads, d_qkv.size(0));
  kernels::head_norm_backward_(d_qkv, raw, layer(l).query_norm, a.norm_epsilon, 0, a.heads);
  kernels::head_norm_backward_(d_qkv, raw, layer(l).key_norm, a.norm_epsilon, a.heads, a.kv_heads);
}

void LayerPass::add_half(const at::Tensor& half, const at::Tensor& norm, at::Tensor& rstd, const at::Tensor& residual,
                         at::Tensor& sum, Workspace& work) const {
  at::Tensor added = half;
  if (norm.defined()) {
    at::Tensor wide = first_rows(work.wide, half.size(0)), rstd_rows = first_rows(rstd, half.size(0));
    added = first_rows(work.projected, half.size(0));
    wide.copy_(half);
    kernels::rms_norm(wide, norm, weights_.architecture.norm_epsilon, added, rstd_rows);
  }
  if (!sum.defined()) return;
  sum.copy_(residual);
  kernels::add_to(added, sum);
}

void LayerPass::half_gradient(const at::Tensor& d_hidden, const at::Tensor& half, const at::Tensor& norm,
                              const at::Tensor& rstd, at::Tensor& d_out, Workspace& work) const {
  kernels::convert(d_hidden, d_out);
  if (!norm.defined()) return;
  at::Tensor wide = first_rows(work.wide, d_out.size(0)), d_wide = first_rows(work.d_wide, d_out.size(0));
  wide.copy_(first_rows(half, d_out.size(0)));
  d_wide.zero_();
  kernels::rms_norm_backward(d_out, wide, norm, first_rows(rstd, d_out.size(0)), d_wide);
  kernels::convert(d_wide, d_out);
}

void LayerPass::backward(std::int64_t l, const BatchTensors& batch, const at::Tensor& input, at::Tensor& d_hidden,
                         LayerState& state, Workspace& work, at::Tensor& gradient) const {
  if (fused(batch)) return backward_fused(l, batch, input, d_hidden, state, work, gradient);
  backward_plain(l, batch, input, d_hidden, state, work, gradient);
}

}  // namespace pmtune::train
