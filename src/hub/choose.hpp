// Which files of a repository make up the model that was asked for.
#pragma once

#include <string>
#include <vector>

#include "hub/listing.hpp"
#include "hub/repository_name.hpp"

namespace pmtune::hub {

// One GGUF file; or config.json, safetensors, tokenizer and chat template. Never anything pickled. Throws
// invalid_argument when the person has to choose, not_found, unsupported, and corrupt for files without a checksum.
std::vector<RemoteFile> choose_files(const Listing& listing, const RepositoryName& name);

}  // namespace pmtune::hub
