// How much memory a training run will take, and what to choose so that it fits.
#pragma once

#include <cstdint>
#include <pmtune/lora_trainer.hpp>
#include <vector>

#include "model/adapter.hpp"
#include "model/weights.hpp"
#include "train/rows.hpp"

namespace pmtune::train {

struct MemoryChoice {
  std::int64_t micro_batch_tokens = 0;
  bool recompute = false;
  std::int64_t activations = 0;  // bytes
  std::int64_t adapter = 0;
  std::int64_t runtime = 0;
  std::int64_t peak = 0;   // of the process
  std::int64_t limit = 0;  // max_memory, or what the machine has free now
  bool fits = true;
};

// The fastest choice that fits: first whole micro-batches, then one example at a time, then recomputation. What the
// config fixes (micro_batch_tokens, recompute) is not changed.
MemoryChoice choose_memory(const model::Weights& weights, const model::AdapterLayout& layout,
                           const TrainConfig& config, std::int64_t longest_example, std::int64_t longest_step);

// Throws out_of_memory with the guide's cures in numbers.
[[noreturn]] void refuse_memory(const model::Weights& weights, const model::AdapterLayout& layout,
                                const TrainConfig& config, const MemoryChoice& choice, std::int64_t longest_example);

}  // namespace pmtune::train
