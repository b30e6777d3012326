#include "train/layer.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "kernels/linear.hpp"
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
  state.log_sum_exp = at::empty({a.heads, tokens}, floats);
  for (int g = 0; g < model::kGroups; ++g)
    if (const model::GroupAdapter& group = adapter.group(layer, static_cast<model::Group>(g)); group.defined())
      state.inner[g] = at::empty({tokens, group.a.size(0)}, typed);
  return state;
}

bool LayerPass::can_fuse(const model::Weights& w, double dropout) {
  const at::Tensor like = at::empty({0}, at::TensorOptions().dtype(w.dtype).device(w.device));
  const auto& groups = w.layers.front().group;
  return dropout == 0 && kernels::can_attend(model::attention_shape(w.architecture), like) &&
         std::all_of(groups.begin(), groups.end(), [&](const kernels::FrozenMatrix& matrix) {
           return kernels::can_multiply(matrix, kTokenMultiple, like);
         });
}

void LayerPass::forward(std::int64_t l, const BatchTensors& batch, const at::Tensor& input, at::Tensor* output,
                        LayerState& state, Workspace& work, std::uint64_t seed) const {
  if (fused(batch)) return forward_fused(l, batch, input, output, state, work);
  forward_plain(l, batch, input, output, state, work, seed);
}

void LayerPass::backward(std::int64_t l, const BatchTensors& batch, const at::Tensor& input, at::Tensor& d_hidden,
                         LayerState& state, Workspace& work, at::Tensor& gradient) const {
  if (fused(batch)) return backward_fused(l, batch, input, d_hidden, state, work, gradient);
  backward_plain(l, batch, input, d_hidden, state, work, gradient);
}

}  // namespace pmtune::train
