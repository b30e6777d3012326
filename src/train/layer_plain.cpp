#include "train/layer.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "kernels/ops.hpp"
#include "model/attention.hpp"
#include "model/decoder.hpp"

namespace pmtune::train {
using model::Architecture;
using model::Group;
using model::GroupAdapter;
using model::Heads;

namespace {

// Which elements of a [T, n] input the adapter sees, as 0 or 1/(1-p).
at::Tensor dropout_mask(const at::Tensor& like, double p, std::uint64_t seed) {
  at::Generator generator = at::detail::createCPUGenerator(seed);
  at::Tensor mask = at::empty(like.sizes(), at::TensorOptions().dtype(at::kFloat)).bernoulli_(1 - p, generator);
  return mask.div_(1 - p).to(like.device(), like.scalar_type());
}

}  // namespace

void LayerPass::forward_plain(std::int64_t l, const BatchTensors& batch, const at::Tensor& input, at::Tensor* output,
                              LayerState& state, Workspace& work, std::uint64_t seed) const {
  const Architecture& a = weights_.architecture;
  const model::LayerWeights& layer = this->layer(l);
  const std::int64_t tokens = batch.tokens;
  at::Tensor normed = first_rows(work.normed, tokens), projected = first_rows(work.projected, tokens),
             act = first_rows(work.act, tokens);
  at::Tensor qkv = first_rows(state.qkv, tokens), gate_up = first_rows(state.gate_up, tokens),
             after = first_rows(state.after_attention, tokens);
  at::Tensor rstd1 = first_rows(state.rstd1, tokens), rstd2 = first_rows(state.rstd2, tokens);

  kernels::rms_norm(input, layer.attention_norm, a.norm_epsilon, normed, rstd1);
  group_forward(l, Group::qkv, normed, qkv, state, work, seed);
  finish_qkv(l, batch, state);
  attention_forward(l, batch, state);
  at::Tensor half = a.post_norms ? first_rows(state.attention_out, tokens) : projected;
  group_forward(l, Group::o, first_rows(state.context, tokens), half, state, work, seed);
  add_half(half, layer.post_attention_norm, state.rstd3, input, after, work);

  kernels::rms_norm(after, layer.mlp_norm, a.norm_epsilon, normed, rstd2);
  group_forward(l, Group::gate_up, normed, gate_up, state, work, seed);
  kernels::glu(a.activation, gate_up, act);
  half = a.post_norms ? first_rows(state.mlp_out, tokens) : projected;
  group_forward(l, Group::down, act, half, state, work, seed);
  at::Tensor none;
  add_half(half, layer.post_mlp_norm, state.rstd4, after, output ? *output : none, work);
}

void LayerPass::backward_plain(std::int64_t l, const BatchTensors& batch, const at::Tensor& input,
                               at::Tensor& d_hidden, LayerState& state, Workspace& work, at::Tensor& gradient) const {
  const Architecture& a = weights_.architecture;
  const model::LayerWeights& layer = this->layer(l);
  const std::int64_t tokens = batch.tokens;
  at::Tensor normed = first_rows(work.normed, tokens), act = first_rows(work.act, tokens),
             d_act = at::empty_like(act);
  at::Tensor d_out = first_rows(work.d_out, tokens), d_qkv = first_rows(work.d_qkv, tokens),
             d_context = first_rows(work.d_context, tokens);
  at::Tensor d_normed = first_rows(work.projected, tokens), gate_up = first_rows(state.gate_up, tokens);
  const at::Tensor after = first_rows(state.after_attention, tokens);
  const at::Tensor rstd1 = first_rows(state.rstd1, tokens), rstd2 = first_rows(state.rstd2, tokens);

  const bool lowest = l == adapter_.layout().lowest_layer();

  // The second half: hidden = after + down(glu(gate_up(norm(after)))), or after + norm(down(...)).
  half_gradient(d_hidden, state.mlp_out, layer.post_mlp_norm, state.rstd4, d_out, work);
  at::mm_out(d_act, d_out, layer.group[static_cast<int>(Group::down)].dense(work.scratch));
  const GroupAdapter& down = adapter_.group(l, Group::down);
  if (down.defined()) {  // the adapter's part of d_act must be in before glu's derivative
    at::Tensor through = at::mm(at::mm(d_out, down.b), down.a);
    if (dropout_ > 0) through.mul_(state.kept[static_cast<int>(Group::down)]);
    d_act.add_(through);
  }
  kernels::glu_backward(a.activation, d_act, gate_up, act);  // gate_up is now its own gradient, act is filled again
  group_backward(l, Group::down, act, d_out, nullptr, state, work, gradient);
  kernels::rms_norm_again(after, layer.mlp_norm, rstd2, normed);
  group_backward(l, Group::gate_up, normed, gate_up, &d_normed, state, work, gradient);
  kernels::rms_norm_backward(d_normed, after, layer.mlp_norm, rstd2, d_hidden);

  // The first half: after = input + o(attention(qkv(norm(input)))), or input + norm(o(...)).
  half_gradient(d_hidden, state.attention_out, layer.post_attention_norm, state.rstd3, d_out, work);
  group_backward(l, Group::o, first_rows(state.context, tokens), d_out, &d_context, state, work, gradient);
  attention_backward(l, batch, d_context, state, d_qkv);
  const model::Rotation& rotation = batch.rotations[a.look(l).rope];
  kernels::rope_(d_qkv, rotation.cos, rotation.sin, a.heads + a.kv_heads, a.head_dim, true);
  unfinish_qkv(l, state, d_qkv);
  kernels::rms_norm_again(input, layer.attention_norm, rstd1, normed);
  group_backward(l, Group::qkv, normed, d_qkv, lowest ? nullptr : &d_normed, state, work, gradient);
  if (!lowest) kernels::rms_norm_backward(d_normed, input, layer.attention_norm, rstd1, d_hidden);
}

void LayerPass::group_forward(std::int64_t l, Group group, const at::Tensor& x, at::Tensor& y, LayerState& state,
                              Workspace& work, std::uint64_t seed) const {
  const int g = static_cast<int>(group);
  const at::Tensor weight = layer(l).group[g].dense(work.scratch);
  const GroupAdapter& adapter = adapter_.group(l, group);
  if (dropout_ == 0 || !adapter.defined()) return model::apply_group(x, weight, adapter, y, &state.inner[g]);
  // One mask for the layers that share an input (PEFT draws one each): the same expectation, one product fewer.
  state.kept[g] = dropout_mask(
      x, dropout_, seed * 1000003u + static_cast<std::uint64_t>(l) * model::kGroups + static_cast<std::uint64_t>(g));
  state.dropped[g] = x * state.kept[g];
  at::mm_out(y, x, weight.t());
  state.inner[g] = at::mm(state.dropped[g], adapter.a.t());
  y.addmm_(state.inner[g], adapter.b.t());
}

void LayerPass::group_backward(std::int64_t l, Group group, const at::Tensor& x, const at::Tensor& dy, at::Tensor* dx,
                               LayerState& state, Workspace& work, at::Tensor& gradient) const {
  const int g = static_cast<int>(group);
  const GroupAdapter& adapter = adapter_.group(l, group);
  if (dx) at::mm_out(*dx, dy, layer(l).group[g].dense(work.scratch));
  if (!adapter.defined()) return;
  const model::AdapterLayout& layout = adapter_.layout();
  const at::Tensor& seen = dropout_ > 0 ? state.dropped[g] : x;
  const at::Tensor d_inner = at::mm(dy, adapter.b);            // [T, k*rank], scale included
  const at::Tensor d_a = at::mm(d_inner.t(), seen);            // [k*rank, in]
  const at::Tensor inner = state.inner[g].mul_(layout.scale);  // its last use
  for (const model::AdapterPart& part : layout.parts_of(l, group)) {
    at::Tensor to_a = layout.a_of(gradient, part), to_b = layout.b_of(gradient, part);
    kernels::add_to(d_a.narrow(0, part.slot * layout.rank, layout.rank), to_a);
    kernels::add_to(
        at::mm(dy.narrow(1, part.row, part.out).t(), inner.narrow(1, part.slot * layout.rank, layout.rank)), to_b);
  }
  if (!dx) return;
  if (dropout_ > 0)
    dx->add_(at::mm(d_inner, adapter.a).mul_(state.kept[g]));
  else
    dx->addmm_(d_inner, adapter.a);
}

// The rows that a segment's queries see: its prefix, if it shares one, and its own.
at::Tensor seen_rows(const at::Tensor& x, const kernels::Segment& segment) {
  const at::Tensor own = x.narrow(0, segment.offset, segment.length);
  if (segment.prefix_length == 0) return own;
  return at::cat({x.narrow(0, segment.prefix_offset, segment.prefix_length), own});
}

// As if each example stood alone: a shared prefix is worked on again with each.
void LayerPass::attention_forward(std::int64_t l, const BatchTensors& batch, LayerState& state) const {
  const model::AttentionShape shape = model::attention_shape(weights_.architecture, l);
  state.log_sum_exps.clear();
  for (const kernels::Segment& segment : batch.segments) {
    const Heads heads = model::split_heads(shape, seen_rows(state.qkv, segment));
    const model::AttentionState attention = model::attend(shape, heads);
    state.context.narrow(0, segment.offset, segment.length)
        .copy_(model::join_heads(attention.out).narrow(0, segment.prefix_length, segment.length));
    state.log_sum_exps.push_back(attention.log_sum_exp);
  }
}

void LayerPass::attention_backward(std::int64_t l, const BatchTensors& batch, const at::Tensor& d_context,
                                   LayerState& state, at::Tensor& d_qkv) const {
  const model::AttentionShape a = model::attention_shape(weights_.architecture, l);
  const auto as_heads = [&](const at::Tensor& x) {
    return x.unflatten(1, {a.heads, a.head_dim}).transpose(0, 1).unsqueeze(0);
  };
  for (std::size_t i = 0; i < batch.segments.size(); ++i) {
    const kernels::Segment& segment = batch.segments[i];
    const Heads heads = model::split_heads(a, seen_rows(state.qkv, segment));
    const model::AttentionState attention{as_heads(seen_rows(state.context, segment)), state.log_sum_exps[i]};
    at::Tensor d_out = seen_rows(d_context, segment);
    if (segment.prefix_length > 0) d_out.narrow(0, 0, segment.prefix_length).zero_();  // asked for by its own segment
    const Heads d = model::attend_backward(a, heads, attention, as_heads(d_out));
    const auto part = [&](const at::Tensor& all, std::int64_t first, std::int64_t count) {
      return all.narrow(2, first, count);
    };
    Heads into = model::split_heads(a, d_qkv.narrow(0, segment.offset, segment.length));
    into.query.copy_(part(d.query, segment.prefix_length, segment.length));
    into.key.copy_(part(d.key, segment.prefix_length, segment.length));
    into.value.copy_(part(d.value, segment.prefix_length, segment.length));
    if (segment.prefix_length == 0) continue;
    Heads prefix = model::split_heads(a, d_qkv.narrow(0, segment.prefix_offset, segment.prefix_length));
    prefix.key.add_(part(d.key, 0, segment.prefix_length));
    prefix.value.add_(part(d.value, 0, segment.prefix_length));
  }
}

}  // namespace pmtune::train
