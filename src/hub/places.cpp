#include "hub/places.hpp"

#include <cstdlib>

#include "base/ascii.hpp"
#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "hub/limits.hpp"

namespace pmtune::hub {
namespace fs = std::filesystem;

namespace {

fs::path home() { return environment("HOME"); }

fs::path users_cache() {
  const std::string set = environment("XDG_CACHE_HOME");
  return set.empty() ? home() / ".cache" : fs::path(set);
}

// What LM Studio leaves when its home was moved; empty without it.
fs::path lm_studio_home() {
  try {
    return trimmed(read_text_file(home() / ".lmstudio-home-pointer", limits::largest_small_text));
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

fs::path cache_folder() {
  const std::string own = environment("PMTUNE_CACHE");
  return own.empty() ? users_cache() / "pmtune" : fs::path(own);
}

fs::path pulled_folder() { return cache_folder() / "models"; }

fs::path huggingface_home() {
  const std::string set = environment("HF_HOME");
  return set.empty() ? users_cache() / "huggingface" : fs::path(set);
}

fs::path huggingface_cache() {
  const std::string set = environment("HF_HUB_CACHE");
  return set.empty() ? huggingface_home() / "hub" : fs::path(set);
}

std::vector<fs::path> lm_studio_folders() {
  std::vector<fs::path> folders;
  if (const fs::path moved = lm_studio_home(); !moved.empty()) folders.push_back(moved / "models");
  folders.push_back(home() / ".lmstudio" / "models");
  folders.push_back(home() / ".cache" / "lm-studio" / "models");
  return folders;
}

std::vector<fs::path> ollama_folders() {
  std::vector<fs::path> folders;
  if (const std::string set = environment("OLLAMA_MODELS"); !set.empty()) folders.emplace_back(set);
  folders.push_back(home() / ".ollama" / "models");
  folders.emplace_back("/usr/share/ollama/.ollama/models");
  return folders;
}

}  // namespace pmtune::hub
