#include "train/engine.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "base/round_up.hpp"
#include "kernels/linear.hpp"
#include "kernels/ops.hpp"
#include "kernels/tile_loops.hpp"
#include "model/attention.hpp"
#include "model/decoder.hpp"
#include "model/loss.hpp"

namespace pmtune::train {
using model::Architecture;
using model::kLossChunk;

void head_scores(const model::Weights& w, const at::Tensor& x, at::Tensor& scores) {
  const kernels::FrozenMatrix head(w.head);
  if (kernels::can_multiply(head, x.size(0), x)) return kernels::linear(x, head, {}, {}, scores);
  at::mm_out(scores, x, w.head.t());
}

void head_gradient(const model::Weights& w, const at::Tensor& d_scores, at::Tensor& d_x) {
  const kernels::FrozenMatrix head(w.head);
  if (kernels::can_multiply(head, d_x.size(0), d_x)) return kernels::linear_backward(d_scores, head, {}, {}, d_x);
  at::mm_out(d_x, d_scores, w.head);
}

Engine::Engine(const model::Weights& weights, const model::Adapter& adapter, const EngineOptions& options)
    : weights_(weights), adapter_(adapter), options_(options), lowest_(adapter.layout().lowest_layer()) {}

double Engine::forward_backward(const PackedBatch& packed, double scale, at::Tensor& gradient,
                                std::uint64_t dropout_seed) {
  const BatchTensors batch = tensors_of(packed);
  reserve(batch.tokens);
  const LayerPass pass(weights_, adapter_, options_.dropout);
  const at::Tensor hidden = run_forward(pass, batch, packed, true, dropout_seed);
  at::Tensor d_hidden = d_hidden_.narrow(0, 0, batch.tokens);
  const double loss = head(batch, hidden, scale, &d_hidden);
  for (std::int64_t l = weights_.architecture.layers - 1; l >= lowest_; --l) {
    const at::Tensor input = inputs_[static_cast<std::size_t>(l - lowest_)].narrow(0, 0, batch.tokens);
    LayerState& state = state_of(l);
    if (options_.recompute) pass.forward(l, batch, input, nullptr, state, *work_, dropout_seed);
    pass.backward(l, batch, input, d_hidden, state, *work_, gradient);
  }
  return loss;
}

double Engine::loss(const PackedBatch& packed) {
  const BatchTensors batch = tensors_of(packed);
  reserve(batch.tokens);
  const at::Tensor hidden = run_forward(LayerPass(weights_, adapter_, 0), batch, packed, false, 0);
  return head(batch, hidden, 0, nullptr);
}

BatchTensors Engine::tensors_of(const PackedBatch& packed) const {
  const auto longs = [&](const std::vector<std::int64_t>& values) {
    return at::tensor(values, at::TensorOptions().dtype(at::kLong)).to(weights_.device);
  };
  BatchTensors batch;
  batch.ids = longs(packed.ids);
  batch.rotations = model::rotations(weights_, longs(packed.positions), longs(packed.lengths));
  batch.rows = longs(packed.taught_rows);
  batch.targets = longs(packed.targets);
  batch.segments = packed.segments;
  batch.tokens = static_cast<std::int64_t>(packed.ids.size());
  return batch;
}

void Engine::reserve(std::int64_t tokens) {
  if (work_ && work_->capacity >= tokens) return;
  const Architecture& a = weights_.architecture;
  const at::TensorOptions floats = at::TensorOptions().dtype(at::kFloat).device(weights_.device);
  work_.reset();  // free first: the old and the new buffers need not be held together
  states_.clear();
  inputs_.clear();
  work_ = std::make_unique<Workspace>(weights_, adapter_, tokens);
  hidden_ = at::empty({tokens, a.hidden}, floats);
  d_hidden_ = at::empty({tokens, a.hidden}, floats);
  logits_ = at::empty({kLossChunk, a.vocabulary}, floats.dtype(weights_.dtype));
  for (std::int64_t l = lowest_; l < a.layers; ++l) {
    inputs_.push_back(at::empty({tokens, a.hidden}, floats));
    if (states_.empty() || !options_.recompute) states_.push_back(make_state(weights_, adapter_, l, tokens));
  }
  if (lowest_ > 0) passing_ = make_state(weights_, adapter_, 0, tokens);
}

at::Tensor Engine::run_forward(const LayerPass& pass, const BatchTensors& batch, const PackedBatch& packed, bool keep,
                               std::uint64_t dropout_seed) {
  const std::int64_t layers = weights_.architecture.layers;
  const auto stream = [&](std::int64_t l) {  // what layer l is given
    const bool kept = keep && l < layers;
    return (kept ? inputs_[static_cast<std::size_t>(l - lowest_)] : hidden_).narrow(0, 0, batch.tokens);
  };
  at::Tensor hidden = stream(lowest_);
  run_below(pass, batch, packed, hidden);
  for (std::int64_t l = lowest_; l < layers; ++l) {
    at::Tensor next = stream(l + 1);
    pass.forward(l, batch, hidden, &next, keep ? state_of(l) : states_.front(), *work_, dropout_seed);
    hidden = next;
  }
  return hidden;
}

void Engine::run_below(const LayerPass& pass, const BatchTensors& batch, const PackedBatch& packed,
                       at::Tensor& hidden) {
  using Place = PackedBatch::Place;
  // The rows of an example: of its prefix, if it shares one, and its own.
  const auto parts_of = [&](const Place& example) {
    const kernels::Segment& s = packed.segments[example.segment];
    std::vector<at::Tensor> parts;
    if (s.prefix_length > 0) parts.push_back(hidden.narrow(0, s.prefix_offset, s.prefix_length));
    parts.push_back(hidden.narrow(0, s.offset, s.length));
    return parts;
  };
  const bool keeps = cache_ && lowest_ > 0;
  if (keeps && std::all_of(packed.examples.begin(), packed.examples.end(),
                           [this](const Place& p) { return p.slot >= 0 && cache_->has(p.slot); })) {
    hidden.zero_();  // the rows that fill up the batch
    for (const Place& example : packed.examples) cache_->load(example.slot, parts_of(example));
    return;
  }
  hidden.copy_(model::Decoder::embed(weights_, batch.ids));
  for (std::int64_t l = 0; l < lowest_; ++l) pass.forward(l, batch, hidden, &hidden, passing_, *work_, 0);
  for (const Place& example : packed.examples)
    if (keeps && example.slot >= 0 && !cache_->has(example.slot))
      cache_->store(example.slot, at::cat(parts_of(example)));
}

// The final norm, the scores of the taught rows only, and their loss; a few rows at a time, each chunk's gradient
// taken at once.
double Engine::head(const BatchTensors& batch, const at::Tensor& hidden, double scale, at::Tensor* d_hidden) {
  const at::TensorOptions typed = at::TensorOptions().dtype(weights_.dtype).device(weights_.device),
                          floats = typed.dtype(at::kFloat);
  const std::int64_t count = batch.rows.size(0), d = weights_.architecture.hidden;
  const double cap = weights_.architecture.final_soft_cap;
  const at::Tensor rows = hidden.index_select(0, batch.rows);
  const std::int64_t padded = round_up(count, kernels::kPanel);
  at::Tensor filled = at::zeros({padded, d}, typed), normed = filled.narrow(0, 0, count);
  at::Tensor rstd = at::empty({count}, floats), losses = at::empty({count}, floats);
  kernels::rms_norm(rows, weights_.final_norm, weights_.architecture.norm_epsilon, normed, rstd);
  for (std::int64_t at = 0; at < count; at += kLossChunk) {
    const std::int64_t n = std::min(kLossChunk, count - at), all = std::min(kLossChunk, padded - at);
    at::Tensor logits = logits_.narrow(0, 0, all), chunk = filled.narrow(0, at, all), scores = logits.narrow(0, 0, n),
               chunk_losses = losses.narrow(0, at, n);
    head_scores(weights_, chunk, logits);
    model::soft_cap_(scores, cap);
    const at::Tensor slope = cap > 0 && d_hidden ? 1 - (scores / cap).square() : at::Tensor();
    kernels::cross_entropy_(scores, batch.targets.narrow(0, at, n), scale, chunk_losses);
    if (!d_hidden) continue;
    if (slope.defined()) scores.mul_(slope);
    // The chunk's own rows are no longer needed: their gradient takes the place.
    head_gradient(weights_, logits, chunk);
  }
  if (d_hidden) {
    at::Tensor d_rows = at::zeros({count, d}, floats);
    kernels::rms_norm_backward(normed, rows, weights_.final_norm, rstd, d_rows);
    d_hidden->zero_();
    d_hidden->index_copy_(0, batch.rows, d_rows);
  }
  return losses.sum(at::kDouble).item<double>();
}

std::int64_t Engine::activation_bytes(const model::Weights& w, const model::AdapterLayout& layout,
                                      std::int64_t tokens, std::int64_t longest, bool shares,
                                      const EngineOptions& options) {
  const Architecture& a = w.architecture;
  const std::int64_t element = w.dtype == at::kFloat ? 4 : 2, lowest = layout.lowest_layer(),
                     learning = a.layers - lowest;
  std::int64_t inner_columns = 0;
  for (int g = 0; g < model::kGroups; ++g) inner_columns += layout.columns_of(lowest, static_cast<model::Group>(g));
  const std::int64_t raw_heads = a.head_norms ? a.query_size() + a.kv_size() : 0,
                     halves = a.post_norms ? 2 * a.hidden : 0;
  const std::int64_t state =
      4 * a.hidden + 8 + 4 * a.heads +
      element * (a.qkv_size() + a.query_size() + 2 * a.feed_forward + inner_columns + raw_heads + halves);
  const std::int64_t shared =
      element * (3 * a.hidden + a.feed_forward + a.qkv_size() + a.query_size() + inner_columns) + 2 * 4 * a.hidden +
      4 * halves;
  // Embedded tokens, rotations; the head's rows and their gradients.
  const auto ropes = static_cast<std::int64_t>(a.ropes.size());
  const std::int64_t ends = (4 + element) * a.hidden + 8 * ropes * a.head_dim + (8 + element) * a.hidden;
  const std::int64_t head = std::min(kLossChunk, tokens) * a.vocabulary * element * (a.final_soft_cap > 0 ? 3 : 1);
  const std::int64_t kept =
      learning * 4 * a.hidden + (options.recompute ? 1 : learning) * state + (lowest > 0 ? state : 0);
  std::int64_t bytes = tokens * (kept + shared + ends) + head;
  if (LayerPass::can_fuse(w, options.dropout)) {
    const std::int64_t of_thread = kernels::attention_scratch_bytes(model::attention_shape(a, 0), longest, element) +
                                   kernels::linear_scratch_bytes(tokens);
    bytes += at::get_num_threads() * of_thread;
    if (shares) bytes += kernels::shared_gradient_bytes(model::attention_shape(a, 0), tokens);
  } else {
    bytes +=
        tokens * element * (4 * a.feed_forward + a.qkv_size()) + w.scratch_bytes();  // results of single operations
    if (options.dropout > 0)
      bytes += (options.recompute ? 1 : learning) * tokens * 2 * element * (3 * a.hidden + a.feed_forward);
  }
  return bytes;
}

}  // namespace pmtune::train
