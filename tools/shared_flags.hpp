// Flags that several commands have, and what follows from them.
#pragma once

#include <CLI/CLI.hpp>
#include <pmtune/pmtune.hpp>
#include <string>

#include "flags.hpp"

namespace pmtune::cli {

// --registry FOLDER, else $PMTUNE_REGISTRY, else ./models.
struct RegistryFlag {
  std::string folder = "models";
  void add_to(CLI::App& app);
  bool exists() const;                  // so that looking does not create an empty registry
  ModelRegistry open() const;           // creates the folder when missing
  ModelRegistry open_existing() const;  // throws not_found
};

// --device, --weights and --max-memory of Model::load.
struct ModelFlags {
  Flags<ModelOptions> flags;
  void add_to(CLI::App& app, bool with_max_memory = true);
  ModelOptions options() const;
};

// Anything that names a model: known name, file, folder, or reference into that registry.
Model load_model(const std::string& source, const RegistryFlag& registry, const ModelOptions& options);

}  // namespace pmtune::cli
