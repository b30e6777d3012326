// pmtune.json: how an adapter was trained, kept beside it.
#pragma once

#include <filesystem>
#include <memory>
#include <pmtune/lora_trainer.hpp>

namespace pmtune::model {

void write_training_record(const std::filesystem::path& folder, const TrainingRecord& record);

// nullptr when the folder has none (an adapter from another tool). Throws corrupt for one that cannot be read.
std::shared_ptr<const TrainingRecord> read_training_record(const std::filesystem::path& folder);

}  // namespace pmtune::model
