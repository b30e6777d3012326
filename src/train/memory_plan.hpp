// How much memory a training run will take, and what to choose so that it fits.
#pragma once

#include <cstdint>
#include <pmtune/lora_trainer.hpp>
#include <string>
#include <vector>

#include "model/adapter.hpp"
#include "model/weights.hpp"
#include "train/rows.hpp"

namespace pmtune::train {

// What the run will work through.
struct Workload {
  Workload(const std::vector<TokenRow>& training, const std::vector<TokenRow>& held_out, const TrainConfig& config);

  // What micro-batches of at most this many tokens will make of it.
  struct Filled {
    std::int64_t largest = 0;  // tokens of the largest micro-batch, filled up for the kernels
    std::int64_t tokens = 0;   // worked on in all epochs: shared prefixes count once a micro-batch
  };
  Filled filled(std::int64_t limit) const;
  // The same with examples of at most this many tokens.
  Workload cut(std::int64_t most) const;

  std::vector<std::vector<RowSize>> steps;  // of all epochs, in the very order that the run will take
  std::vector<RowSize> held_out;
  std::int64_t longest = 0;  // tokens of the longest example
  bool shares = false;       // some examples have prefixes in common
};

struct MemoryChoice {
  std::int64_t micro_batch_tokens = 0;   // the limit
  std::int64_t largest_micro_batch = 0;  // what the examples, in their order, will make of it
  std::int64_t tokens = 0;               // worked on in all epochs
  bool recompute = false;
  std::int64_t weights = 0;  // bytes
  std::int64_t activations = 0;
  std::int64_t adapter = 0;
  std::int64_t runtime = 0;  // what the process holds beside, and buffers of its threads
  std::int64_t peak = 0;     // of the process
  std::int64_t limit = 0;    // max_memory, or what the machine has free now
  bool fits = true;
};

// The fastest choice that fits: as many tokens at once as there is room for, up to what keeps the processor busy;
// recomputation only when not even the longest example fits without. What the config fixes (micro_batch_tokens,
// recompute) is not changed. runtime: what is held beside weights, adapter and activations; measured when below 0.
MemoryChoice choose_memory(const model::Weights& weights, const model::AdapterLayout& layout,
                           const TrainConfig& config, const Workload& workload, std::int64_t runtime = -1);

// What another choice would save or cost, a phrase each, with figures; only what saves more than this part of the
// peak.
std::vector<std::string> other_choices(const model::Weights& weights, const model::AdapterLayout& layout,
                                       const TrainConfig& config, const Workload& workload,
                                       const MemoryChoice& choice, double least = 0.05);

// Throws out_of_memory with the guide's cures in numbers.
[[noreturn]] void refuse_memory(const model::Weights& weights, const model::AdapterLayout& layout,
                                const TrainConfig& config, const Workload& workload, const MemoryChoice& choice);

}  // namespace pmtune::train
