// Which examples make an optimiser step, and how they are filled into micro-batches: the run and its plan share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <pmtune/lora_trainer.hpp>
#include <vector>

namespace pmtune::train {

// Micro-batches are filled up to a multiple of this many tokens: the kernels work on whole blocks of rows.
inline constexpr std::int64_t kTokenMultiple = 32;

std::int64_t steps_per_epoch(std::size_t examples, std::int64_t batch_size);

// The indices of each step's examples; epoch counts from 1.
std::vector<std::vector<std::size_t>> steps_of_epoch(std::size_t examples, const TrainConfig& config,
                                                     std::int64_t epoch);

// Tokens of an example. Those that it shares with a family of others (shared_prefix.hpp) are worked on once a
// micro-batch; family -1: none.
struct RowSize {
  std::int64_t own = 0;
  std::int64_t shared = 0;
  std::int64_t family = -1;
  std::int64_t whole() const { return own + shared; }
};

// Places for examples of these sizes in micro-batches of at most `tokens` (more only when one is longer), as evenly
// filled as first-fit-decreasing makes them: the micro-batch of each example. filled: the tokens in each.
std::vector<std::size_t> first_fit(const std::vector<RowSize>& sizes, std::int64_t tokens,
                                   std::vector<std::int64_t>* filled = nullptr);

}  // namespace pmtune::train
