// What the course of a training run says, in the guide's terms.
#pragma once

#include <pmtune/lora_trainer.hpp>
#include <vector>

namespace pmtune::train {

std::vector<Diagnosis> diagnose(const std::vector<TrainProgress>& history, const TrainConfig& config,
                                std::int64_t examples, bool diverged);

}  // namespace pmtune::train
