#include "train/predicted_time.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/round_up.hpp"
#include "kernels/ops.hpp"
#include "train/engine.hpp"
#include "train/training_run.hpp"

namespace pmtune::train {
namespace {

constexpr std::int64_t kEnoughTokens = 512;  // tried at once; one whole example where they are longer
constexpr std::int64_t kHeadRows = 64;
// An optimiser step reads and writes parameters, gradient and moments, and refreshes the working copies.
constexpr double kBytesOfStep = 60, kBytesPerSecond = 5e9;

template <class Run>
double seconds_of(const Run& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// round() once to warm up, then as often as is quick: what else the machine does makes a round slower, never faster.
template <class Round>
void in_rounds(const Round& round) {
  constexpr int kRounds = 4;
  constexpr double kQuick = 0.1;
  double spent = seconds_of(round);
  for (int i = 0; i < kRounds && (i == 0 || spent < kQuick); ++i) spent += seconds_of(round);
}

struct LayerSeconds {
  double forward, backward;
};

// One layer that learns, of the same shape as all.
LayerSeconds try_layer(const model::Weights& whole, const files::AdapterConfig& adapter_config, double dropout,
                       std::int64_t tokens, std::int64_t example) {
  model::Weights w = whole;
  w.layers.resize(1);
  w.architecture.layers = 1;
  const auto adapter = model::Adapter::create(w, adapter_config, 0);
  const LayerPass pass(w, *adapter, dropout);
  Workspace work(w, *adapter, tokens);
  LayerState state = make_state(w, *adapter, 0, tokens);
  BatchTensors batch;
  batch.tokens = tokens;
  const at::TensorOptions floats = at::TensorOptions().dtype(at::kFloat).device(w.device);
  for (std::int64_t at = 0; at < tokens; at += example)
    batch.segments.push_back({at, std::min(example, tokens - at)});
  const std::int64_t half = w.architecture.head_dim / 2;
  batch.rotations.assign(w.ropes.size(), {at::ones({tokens, half}, floats), at::zeros({tokens, half}, floats)});
  const at::Tensor input = at::ones({tokens, w.architecture.hidden}, floats);
  at::Tensor output = at::empty_like(input), d_hidden = at::ones_like(input),
             gradient = at::zeros({adapter->layout().size}, floats);
  LayerSeconds least{INFINITY, INFINITY};
  in_rounds([&] {
    d_hidden.fill_(1);
    least.forward =
        std::min(least.forward, seconds_of([&] { pass.forward(0, batch, input, &output, state, work, 0); }));
    least.backward = std::min(least.backward,
                              seconds_of([&] { pass.backward(0, batch, input, d_hidden, state, work, gradient); }));
  });
  return least;
}

// Seconds a taught token takes: its scores, their loss, and the gradient.
double try_head(const model::Weights& w) {
  const at::TensorOptions typed = at::TensorOptions().dtype(w.dtype).device(w.device);
  at::Tensor x = at::ones({kHeadRows, w.architecture.hidden}, typed),
             scores = at::empty({kHeadRows, w.architecture.vocabulary}, typed),
             losses = at::empty({kHeadRows}, typed.dtype(at::kFloat));
  const at::Tensor targets = at::zeros({kHeadRows}, typed.dtype(at::kLong));
  double least = INFINITY;
  in_rounds([&] {
    least = std::min(least, seconds_of([&] {
                       head_scores(w, x, scores);
                       kernels::cross_entropy_(scores, targets, 1, losses);
                       head_gradient(w, scores, x);
                     }));
  });
  return least / kHeadRows;
}

}  // namespace

double predicted_seconds(const model::Weights& w, const model::AdapterLayout& layout, const TrainConfig& config,
                         const Workload& workload, const MemoryChoice& memory, std::int64_t taught) {
  std::int64_t held_out = 0, example_tokens = 0, examples = 0;
  for (const RowSize& row : workload.held_out) held_out += row.whole();
  for (const std::vector<RowSize>& step : workload.steps)
    for (const RowSize& row : step) {
      example_tokens += row.whole();
      ++examples;
    }
  const std::int64_t mean = std::max<std::int64_t>(1, example_tokens / examples);
  const std::int64_t tokens =
      std::min(memory.largest_micro_batch, std::max(kEnoughTokens, round_up(mean, kTokenMultiple)));
  files::AdapterConfig adapter_config = adapter_config_of(w.architecture, config);
  adapter_config.rank = layout.rank;
  adapter_config.layers.clear();
  // dropout's masks are part of the time
  const LayerSeconds layer = try_layer(w, adapter_config, config.dropout, tokens, std::min(mean, tokens));
  const auto of_layers = [&](double seconds, std::int64_t layers) {
    return seconds * static_cast<double>(layers) / static_cast<double>(tokens);
  };
  const std::int64_t below = layout.lowest_layer(), learning = w.architecture.layers - below;
  const double forward = of_layers(layer.forward, learning), backward = of_layers(layer.backward, learning);
  const double epochs = static_cast<double>(config.epochs);
  const double head = try_head(w) * static_cast<double>(taught) * epochs;
  const double steps = static_cast<double>(workload.steps.size());
  const double trained = static_cast<double>(memory.tokens);
  return trained * (forward * (memory.recompute ? 2 : 1) + backward) + head +
         (epochs + 1) * static_cast<double>(held_out) * forward +
         of_layers(layer.forward, below) * (trained / epochs + static_cast<double>(held_out)) +  // once, then kept
         steps * static_cast<double>(layout.size) * kBytesOfStep / kBytesPerSecond;
}

}  // namespace pmtune::train
