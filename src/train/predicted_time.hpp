// How long a training run will take, by trying one layer on this machine.
#pragma once

#include <cstdint>

#include "train/memory_plan.hpp"

namespace pmtune::train {

// Seconds. Runs the first layer forward and backward on a micro-batch as `memory` chose it (512 tokens, or one
// example), and the head on a few rows: a small part of one step. taught: tokens of an epoch that are taught.
double predicted_seconds(const model::Weights& weights, const model::AdapterLayout& layout, const TrainConfig& config,
                         const Workload& workload, const MemoryChoice& memory, std::int64_t taught);

}  // namespace pmtune::train
