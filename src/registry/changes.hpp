// What differs between a version and the one before it, in a line for a person.
#pragma once

#include <pmtune/model_registry.hpp>
#include <string>

#include "registry/version_store.hpp"

namespace pmtune::registry {

// "data 19 → 24 examples; epochs 3 → 5; base SmolLM2 → Phi-3", or "nothing; trained again with the same data and
// options".
std::string changes_since(const ModelVersion& parent, const NewVersion& version);

// SHA-256 of the options that can change what is learned (not the name, nor where and how memory is spent).
std::string config_hash(const std::string& config_json);

}  // namespace pmtune::registry
