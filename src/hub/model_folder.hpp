// What of a folder is a model: a Hugging Face folder, GGUF files, the parts of one that was split.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hub/candidate.hpp"
#include "hub/folder_walk.hpp"

namespace pmtune::hub {

// Adds the models that lie directly in the folder. `below` stands before the names of GGUF files: "Q4/" or "".
void add_models_of(const std::filesystem::path& folder, Place place, const std::string& repository,
                   const std::string& below, FolderWalk& walk, std::vector<Candidate>& found);

// The same for the folder and all below it.
void add_models_below(const std::filesystem::path& folder, Place place, const std::string& repository,
                      FolderWalk& walk, std::vector<Candidate>& found);

}  // namespace pmtune::hub
