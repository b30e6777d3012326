// Where programs keep models on this machine, as each of them decides it from its environment.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace pmtune::hub {

// The value of an environment variable; empty when it is not set.
std::string environment(const char* name);

// $PMTUNE_CACHE, else $XDG_CACHE_HOME/pmtune, else ~/.cache/pmtune. python/pmtune/_fetch.py looks in the same place.
std::filesystem::path cache_folder();
// The folder of models in it: NAME/*.gguf for known names, OWNER/NAME/... for what was pulled.
std::filesystem::path pulled_folder();

// $HF_HOME, else $XDG_CACHE_HOME/huggingface, else ~/.cache/huggingface.
std::filesystem::path huggingface_home();
// $HF_HUB_CACHE, else hub/ in that folder.
std::filesystem::path huggingface_cache();

// Each may exist or not; the first is where the program puts new models.
std::vector<std::filesystem::path> lm_studio_folders();
std::vector<std::filesystem::path> ollama_folders();

}  // namespace pmtune::hub
