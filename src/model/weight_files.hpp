// Which files of a Hugging Face folder hold its weights.
#pragma once

#include <filesystem>
#include <vector>

namespace pmtune::model {

// The safetensors files that the index names, else model.safetensors. Throws not_found when there is neither, corrupt
// for an index that names files elsewhere.
std::vector<std::filesystem::path> weight_files(const std::filesystem::path& folder);

}  // namespace pmtune::model
