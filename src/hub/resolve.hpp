// From a name to the model on this machine that bears it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "hub/candidate.hpp"

namespace pmtune::hub {

// The model called "OWNER/NAME" (a folder before a GGUF file), "OWNER/NAME:file.gguf", "OWNER/NAME:Q4_K_M",
// "llama3.2:3b", or "llama3.2" for its "latest". Capitals make no difference; the first place that knows the name
// counts. Nothing when none does. Throws invalid_argument when the name means several files, naming them.
std::optional<Candidate> choose_by_name(const std::string& name, const std::vector<Candidate>& candidates);

}  // namespace pmtune::hub
