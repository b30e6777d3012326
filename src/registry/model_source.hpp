// Where the model lies that a text names.
#pragma once

#include <string>

namespace pmtune::registry {

// The file or folder; empty for a reference into a registry ("PM-PRDs@primary"). Nothing is loaded. Throws as
// Model::load does when there is none.
std::string path_of_model(const std::string& source);

}  // namespace pmtune::registry
