// Loss and gradient of one packed micro-batch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "model/adapter.hpp"
#include "model/weights.hpp"
#include "train/hidden_cache.hpp"
#include "train/layer.hpp"
#include "train/rows.hpp"

namespace pmtune::train {

// scores [n, vocabulary] = x [n, d] head^T, and the gradient of x.
void head_scores(const model::Weights& weights, const at::Tensor& x, at::Tensor& scores);
void head_gradient(const model::Weights& weights, const at::Tensor& d_scores, at::Tensor& d_x);

struct EngineOptions {
  double dropout = 0;
  bool recompute = false;  // keep only each layer's input; run its forward pass again in the backward pass
};

class Engine {
 public:
  // All must outlive it. The adapter's working copies must be fresh (Adapter::refresh) before each call.
  Engine(const model::Weights& weights, const model::Adapter& adapter, const EngineOptions& options);

  // Adds scale * d(sum of losses)/d(parameters) to gradient (flat f32, layout of the adapter) and returns the sum of
  // the losses in nats. dropout_seed must differ from call to call.
  double forward_backward(const PackedBatch& batch, double scale, at::Tensor& gradient,
                          std::uint64_t dropout_seed = 0);

  // Only the loss, without dropout.
  double loss(const PackedBatch& batch);

  // Keeps there what the layers below the lowest learning one make of each example. It must outlive the engine.
  void use_cache(HiddenCache& cache) { cache_ = &cache; }

  // Makes the buffers for micro-batches of up to this many tokens; without, they grow as batches come.
  void reserve(std::int64_t tokens);

  // Bytes that a micro-batch of this many tokens holds at its peak, beside weights and adapter, the threads' buffers
  // included. longest: tokens of the longest example; shares: some have prefixes in common.
  static std::int64_t activation_bytes(const model::Weights& weights, const model::AdapterLayout& layout,
                                       std::int64_t tokens, std::int64_t longest, bool shares,
                                       const EngineOptions& options);

 private:
  BatchTensors tensors_of(const PackedBatch& batch) const;
  at::Tensor run_forward(const LayerPass& pass, const BatchTensors& batch, const PackedBatch& packed, bool keep,
                         std::uint64_t dropout_seed);
  // The input of the lowest learning layer, computed or from the cache, into `hidden`.
  void run_below(const LayerPass& pass, const BatchTensors& batch, const PackedBatch& packed, at::Tensor& hidden);
  LayerState& state_of(std::int64_t layer) {
    return states_[options_.recompute ? 0 : static_cast<std::size_t>(layer - lowest_)];
  }
  // Sum of losses; d_hidden f32 [T,d] receives the gradient when scale is not 0.
  double head(const BatchTensors& batch, const at::Tensor& hidden, double scale, at::Tensor* d_hidden);

  const model::Weights& weights_;
  const model::Adapter& adapter_;
  EngineOptions options_;
  std::unique_ptr<Workspace> work_;
  std::int64_t lowest_;             // the lowest layer that learns; nothing is kept of those below
  std::vector<LayerState> states_;  // one a learning layer, or one in all with recomputation
  std::vector<at::Tensor> inputs_;  // f32 [capacity, d]: what each learning layer was given
  LayerState passing_;              // of layers that only pass on
  HiddenCache* cache_ = nullptr;
  at::Tensor hidden_, d_hidden_, logits_;
};

}  // namespace pmtune::train
