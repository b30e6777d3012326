// Which examples make an optimiser step, and how they are filled into micro-batches: the run and its plan share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <pmtune/lora_trainer.hpp>
#include <vector>

namespace pmtune::train {

// Micro-batches are filled up to a multiple of this many tokens: the kernels work on whole blocks of rows.
inline constexpr std::int64_t kTokenMultiple = 32;

// The indices of each step's examples; epoch counts from 1.
std::vector<std::vector<std::size_t>> steps_of_epoch(std::size_t examples, const TrainConfig& config,
                                                     std::int64_t epoch);

// Places for examples of these sizes in micro-batches of at most `tokens` (more only when one is longer), as evenly
// filled as first-fit-decreasing makes them: the micro-batch of each example.
std::vector<std::size_t> first_fit(const std::vector<std::int64_t>& sizes, std::int64_t tokens);

// The tokens in each micro-batch that first_fit makes.
std::vector<std::int64_t> filled_micro_batches(const std::vector<std::int64_t>& sizes, std::int64_t tokens);

}  // namespace pmtune::train
