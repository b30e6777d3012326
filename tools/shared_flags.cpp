#include "shared_flags.hpp"

#include <cstdlib>
#include <filesystem>

namespace pmtune::cli {

void RegistryFlag::add_to(CLI::App& app) {
  app.add_option("--registry", folder, "Folder of the registry (default models, or $PMTUNE_REGISTRY)")
      ->envname("PMTUNE_REGISTRY")
      ->type_name("FOLDER");
}

bool RegistryFlag::exists() const { return std::filesystem::exists(std::filesystem::path(folder) / "registry.db"); }

ModelRegistry RegistryFlag::open() const { return ModelRegistry(folder); }

ModelRegistry RegistryFlag::open_existing() const {
  if (!exists())
    throw Error(Code::not_found, "There is no registry in the folder \"" + folder +
                                     "\"; train a model first, or name the folder with --registry.");
  return open();
}

void ModelFlags::add_to(CLI::App& app, bool with_max_memory) {
  flags.add_to(app, "Model in memory",
               with_max_memory ? std::set<std::string>{} : std::set<std::string>{"max_memory"});
}

ModelOptions ModelFlags::options() const {
  ModelOptions options;
  flags.apply_to(options);
  return options;
}

Model load_model(const std::string& source, const RegistryFlag& registry, const ModelOptions& options) {
  // Model::load looks there for references, so there is only one rule for what a name means.
  setenv("PMTUNE_REGISTRY", registry.folder.c_str(), 1);
  return Model::load(source, options);
}

}  // namespace pmtune::cli
