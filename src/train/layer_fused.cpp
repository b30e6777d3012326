// The fused path of a layer: everything that follows a matrix product is done to its results while they are in the
// caches.
#include <ATen/ATen.h>

#include <vector>

#include "kernels/linear.hpp"
#include "kernels/ops.hpp"
#include "model/attention.hpp"
#include "train/layer.hpp"

namespace pmtune::train {
using model::Architecture;
using model::Group;

void LayerPass::forward_fused(std::int64_t l, const BatchTensors& batch, const at::Tensor& input, at::Tensor* output,
                              LayerState& state, Workspace& work) const {
  const Architecture& a = weights_.architecture;
  const std::int64_t tokens = batch.tokens;
  const auto weight = [&](Group group) -> const kernels::FrozenMatrix& {
    return layer(l).group[static_cast<int>(group)];
  };
  at::Tensor normed = first_rows(work.normed, tokens), act = first_rows(work.act, tokens);
  at::Tensor qkv = first_rows(state.qkv, tokens), context = first_rows(state.context, tokens),
             gate_up = first_rows(state.gate_up, tokens), after = first_rows(state.after_attention, tokens);
  at::Tensor rstd1 = first_rows(state.rstd1, tokens), rstd2 = first_rows(state.rstd2, tokens);

  kernels::rms_norm(input, layer(l).attention_norm, a.norm_epsilon, normed, rstd1);
  kernels::linear(normed, weight(Group::qkv), adapter_.group(l, Group::qkv), inner(l, Group::qkv, normed, state),
                  qkv);
  finish_qkv(l, batch, state);
  kernels::attend(model::attention_shape(a, l), batch.segments, qkv, context, state.log_sum_exp);
  add_product(l, Group::o, context, input, &after, state, work);

  kernels::rms_norm(after, layer(l).mlp_norm, a.norm_epsilon, normed, rstd2);
  kernels::linear_gated(a.activation, normed, weight(Group::gate_up), adapter_.group(l, Group::gate_up),
                        inner(l, Group::gate_up, normed, state), gate_up, act);
  add_product(l, Group::down, act, after, output, state, work);
}

void LayerPass::add_product(std::int64_t l, Group group, const at::Tensor& x, const at::Tensor& residual,
                            at::Tensor* sum, LayerState& state, Workspace& work) const {
  const kernels::FrozenMatrix& weight = layer(l).group[static_cast<int>(group)];
  const at::Tensor h = inner(l, group, x, state);
  if (!weights_.architecture.post_norms) {
    if (sum) kernels::linear_added(x, weight, adapter_.group(l, group), h, residual, *sum);
    return;
  }
  const bool first = group == Group::o;
  at::Tensor half = first_rows(first ? state.attention_out : state.mlp_out, x.size(0)), none;
  kernels::linear(x, weight, adapter_.group(l, group), h, half);
  add_half(half, first ? layer(l).post_attention_norm : layer(l).post_mlp_norm, first ? state.rstd3 : state.rstd4,
           residual, sum ? *sum : none, work);
}

void LayerPass::backward_fused(std::int64_t l, const BatchTensors& batch, const at::Tensor& input,
                               at::Tensor& d_hidden, LayerState& state, Workspace& work, at::Tensor& gradient) const {
  const Architecture& a = weights_.architecture;
  const std::int64_t tokens = batch.tokens;
  const auto weight = [&](Group group) -> const kernels::FrozenMatrix& {
    return layer(l).group[static_cast<int>(group)];
  };
  at::Tensor normed = first_rows(work.normed, tokens), act = first_rows(work.act, tokens),
             d_normed = first_rows(work.projected, tokens), d_out = first_rows(work.d_out, tokens),
             d_qkv = first_rows(work.d_qkv, tokens), d_context = first_rows(work.d_context, tokens);
  at::Tensor gate_up = first_rows(state.gate_up, tokens);
  const at::Tensor qkv = first_rows(state.qkv, tokens), context = first_rows(state.context, tokens),
                   after = first_rows(state.after_attention, tokens), rstd1 = first_rows(state.rstd1, tokens),
                   rstd2 = first_rows(state.rstd2, tokens);

  // The second half: output = after + down(glu(gate_up(norm(after)))), or after + norm(down(...)).
  half_gradient(d_hidden, state.mlp_out, layer(l).post_mlp_norm, state.rstd4, d_out, work);
  at::Tensor d_inner = inner_backward(l, Group::down, d_out, work);
  kernels::linear_backward_gated(a.activation, d_out, weight(Group::down), adapter_.group(l, Group::down), d_inner,
                                 gate_up, act);
  add_gradient(l, Group::down, act, d_out, d_inner, state, gradient);
  kernels::rms_norm_again(after, layer(l).mlp_norm, rstd2, normed);
  d_inner = inner_backward(l, Group::gate_up, gate_up, work);
  kernels::linear_backward(gate_up, weight(Group::gate_up), adapter_.group(l, Group::gate_up), d_inner, d_normed);
  add_gradient(l, Group::gate_up, normed, gate_up, d_inner, state, gradient);
  kernels::rms_norm_backward(d_normed, after, layer(l).mlp_norm, rstd2, d_hidden);

  // The first half: after = input + o(attention(qkv(norm(input)))), or input + norm(o(...)).
  half_gradient(d_hidden, state.attention_out, layer(l).post_attention_norm, state.rstd3, d_out, work);
  d_inner = inner_backward(l, Group::o, d_out, work);
  kernels::linear_backward(d_out, weight(Group::o), adapter_.group(l, Group::o), d_inner, d_context);
  add_gradient(l, Group::o, context, d_out, d_inner, state, gradient);
  const model::Rotation& rotation = batch.rotations[a.look(l).rope];
  kernels::attend_backward(model::attention_shape(a, l), batch.segments, qkv, context, state.log_sum_exp, d_context,
                           rotation.cos, rotation.sin, d_qkv);
  unfinish_qkv(l, state, d_qkv);
  kernels::rms_norm_again(input, layer(l).attention_norm, rstd1, normed);
  d_inner = inner_backward(l, Group::qkv, d_qkv, work);
  add_gradient(l, Group::qkv, normed, d_qkv, d_inner, state, gradient);
  if (l == adapter_.layout().lowest_layer()) return;
  kernels::linear_backward(d_qkv, weight(Group::qkv), adapter_.group(l, Group::qkv), d_inner, d_normed);
  kernels::rms_norm_backward(d_normed, input, layer(l).attention_norm, rstd1, d_hidden);
}

// x A^T of an adapted group, kept for the backward pass; of another, nothing.
at::Tensor LayerPass::inner(std::int64_t l, Group group, const at::Tensor& x, LayerState& state) const {
  const kernels::LowRank& adapter = adapter_.group(l, group);
  if (!adapter.defined()) return {};
  at::Tensor& buffer = state.inner[static_cast<int>(group)];
  if (buffer.size(0) < x.size(0))
    buffer = at::empty({x.size(0), adapter.a.size(0)}, x.options());  // after a plain pass
  at::Tensor kept = first_rows(buffer, x.size(0));
  kernels::low_rank_inner(x, adapter, kept);
  return kept;
}

at::Tensor LayerPass::inner_backward(std::int64_t l, Group group, const at::Tensor& dy, Workspace& work) const {
  const kernels::LowRank& adapter = adapter_.group(l, group);
  if (!adapter.defined()) return {};
  at::Tensor d_inner = work.d_inner.view(-1).narrow(0, 0, dy.size(0) * adapter.a.size(0)).view({dy.size(0), -1});
  kernels::low_rank_inner_backward(dy, adapter, d_inner);
  return d_inner;
}

void LayerPass::add_gradient(std::int64_t l, Group group, const at::Tensor& x, const at::Tensor& dy,
                             const at::Tensor& d_inner, LayerState& state, at::Tensor& gradient) const {
  if (!d_inner.defined()) return;
  const model::AdapterLayout& layout = adapter_.layout();
  std::vector<kernels::SlotGradient> slots;
  float* const flat = gradient.data_ptr<float>();
  for (const model::AdapterPart& part : layout.parts_of(l, group))
    slots.push_back({flat + part.a_offset, flat + part.b_offset});
  kernels::low_rank_gradient(x, dy, first_rows(state.inner[static_cast<int>(group)], x.size(0)), d_inner,
                             adapter_.group(l, group), layout.scale, slots);
}

}  // namespace pmtune::train
