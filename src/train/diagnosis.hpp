// What the course of a training run says, in the guide's terms.
#pragma once

#include <pmtune/lora_trainer.hpp>
#include <string>
#include <vector>

namespace pmtune::train {

// diverged: the loss was not finite; culprits: the examples that this comes from, where they can be told.
std::vector<Diagnosis> diagnose(const std::vector<TrainProgress>& history, const TrainConfig& config,
                                std::int64_t examples, bool diverged, const std::vector<std::string>& culprits);

}  // namespace pmtune::train
