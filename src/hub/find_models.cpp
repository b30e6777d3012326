// The folders of pmtune, Hugging Face and LM Studio, which differ in how they name what they hold.
#include <set>

#include "base/ascii.hpp"
#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "hub/candidate.hpp"
#include "hub/model_folder.hpp"
#include "hub/places.hpp"

namespace pmtune::hub {
namespace fs = std::filesystem;

namespace {

// The snapshot that refs/main names, else the one that was changed last.
fs::path snapshot_of(const fs::path& repository, FolderWalk& walk) {
  std::error_code error;
  try {
    const std::string commit(trimmed(read_text_file(repository / "refs" / "main", limits::largest_small_text)));
    const fs::path named = repository / "snapshots" / commit;
    if (fs::path(commit).filename() == commit && commit != ".." && fs::is_directory(named, error)) return named;
  } catch (const Error&) {
  }
  fs::path newest;
  fs::file_time_type newest_time{};
  for (const std::string& name : walk.names(repository / "snapshots")) {
    const fs::path folder = repository / "snapshots" / name;
    const auto time = fs::last_write_time(folder, error);
    if (error || (!newest.empty() && time <= newest_time)) continue;
    newest = folder;
    newest_time = time;
  }
  return newest;
}

// "models--OWNER--NAME" -> "OWNER/NAME"
std::string repository_name(const std::string& folder) {
  std::string name = folder.substr(std::string_view("models--").size());
  if (const std::size_t between = name.find("--"); between != std::string::npos) name.replace(between, 2, "/");
  return name;
}

}  // namespace

const char* to_string(Place place) {
  switch (place) {
    case Place::pmtune: return "pmtune";
    case Place::huggingface: return "huggingface";
    case Place::lm_studio: return "lm-studio";
    case Place::ollama: return "ollama";
  }
  return "";
}

const char* title(Place place) {
  switch (place) {
    case Place::pmtune: return "pmtune";
    case Place::huggingface: return "Hugging Face";
    case Place::lm_studio: return "LM Studio";
    case Place::ollama: return "Ollama";
  }
  return "";
}

void find_in_pmtune(const fs::path& models, std::vector<Candidate>& found) {
  FolderWalk walk;
  for (const std::string& owner : walk.names(models)) {
    const std::size_t before = found.size();
    add_models_of(models / owner, Place::pmtune, owner, "", walk, found);  // a known name, which has no owner
    if (found.size() == before + 1) found.back().file.clear();             // and says enough by itself
    for (const std::string& name : walk.names(models / owner))
      add_models_below(models / owner / name, Place::pmtune, owner + "/" + name, walk, found);
  }
}

void find_in_huggingface(const fs::path& cache, std::vector<Candidate>& found) {
  FolderWalk walk;
  for (const std::string& name : walk.names(cache)) {
    if (!name.starts_with("models--")) continue;
    const fs::path snapshot = snapshot_of(cache / name, walk);
    if (!snapshot.empty()) add_models_below(snapshot, Place::huggingface, repository_name(name), walk, found);
  }
}

void find_in_lm_studio(const fs::path& models, std::vector<Candidate>& found) {
  FolderWalk walk;
  for (const std::string& owner : walk.names(models))
    for (const std::string& name : walk.names(models / owner))
      add_models_below(models / owner / name, Place::lm_studio, owner + "/" + name, walk, found);
}

std::vector<Candidate> find_candidates() {
  std::vector<Candidate> found;
  std::set<fs::path> seen;  // two variables may name one folder
  const auto look = [&](const fs::path& folder, void (*find)(const fs::path&, std::vector<Candidate>&)) {
    std::error_code error;
    const fs::path real = fs::canonical(folder, error);
    if (!error && seen.insert(real).second) find(folder, found);
  };
  look(pulled_folder(), find_in_pmtune);
  look(huggingface_cache(), find_in_huggingface);
  for (const fs::path& folder : lm_studio_folders()) look(folder, find_in_lm_studio);
  for (const fs::path& folder : ollama_folders()) look(folder, find_in_ollama);
  return found;
}

}  // namespace pmtune::hub
