#include "hub/model_folder.hpp"

#include <algorithm>
#include <map>

#include "base/fail.hpp"
#include "hub/gguf_name.hpp"

namespace pmtune::hub {
namespace fs = std::filesystem;

namespace {

// Bounded, so that sums of the sizes of files with holes cannot wrap.
std::int64_t size_of(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  return error ? 0 : std::min(static_cast<std::int64_t>(size), limits::largest_file);
}

// A link of Hugging Face's cache whose file was deleted, or one that leads to itself.
std::string fault_of(const fs::path& file) {
  std::error_code error;
  if (fs::is_regular_file(file, error)) return "";
  return concat("The file ", file.string(),
                " leads nowhere: what it links to was deleted or never arrived; download it again.");
}

void add(std::vector<Candidate>& found, Candidate candidate) {
  if (found.size() < limits::most_models) found.push_back(std::move(candidate));
}

void add_folder(const fs::path& folder, const std::vector<std::string>& names, Place place,
                const std::string& repository, std::vector<Candidate>& found) {
  Candidate candidate{place, repository, "", folder, 0, ""};
  bool safe = false, pickled = false;
  for (const std::string& name : names) {
    const bool tensors = name.ends_with(".safetensors");
    safe |= name.starts_with("model") && (tensors || name == "model.safetensors.index.json");
    pickled |= name.starts_with("pytorch_model") && name.ends_with(".bin");
    if (tensors) candidate.bytes += size_of(folder / name);
  }
  if (!safe && !pickled) return;  // a tokenizer or a configuration alone
  if (!safe)
    candidate.fault = concat("The folder ", folder.string(),
                             " has pickled weights only (.bin), which pmtune never opens because they can run code; "
                             "take a version of the model with safetensors or GGUF.");
  add(found, std::move(candidate));
}

// One entry for all parts, under the name of the first that is there.
void add_split(const fs::path& folder, Place place, const std::string& repository, const std::string& below,
               const std::vector<std::string>& files, std::vector<Candidate>& found) {
  Candidate candidate{place, repository, below + files.front(), folder / files.front(), 0, ""};
  for (const std::string& file : files) candidate.bytes += size_of(folder / file);
  candidate.fault =
      concat("The model ", candidate.source.string(), " is split into ", split_name(files.front())->parts,
             " files, which pmtune cannot load yet; join them with `llama-gguf-split --merge`, or take a version in "
             "one file.");
  add(found, std::move(candidate));
}

}  // namespace

void add_models_of(const fs::path& folder, Place place, const std::string& repository, const std::string& below,
                   FolderWalk& walk, std::vector<Candidate>& found) {
  const std::vector<std::string> names = walk.names(folder);
  std::error_code error;
  if (below.empty() && fs::is_regular_file(folder / "config.json", error))
    add_folder(folder, names, place, repository, found);
  std::map<std::string, std::vector<std::string>> split;
  for (const std::string& name : names) {
    if (!is_gguf(name) || is_projector(name) || fs::is_directory(folder / name, error)) continue;
    if (const auto parts = split_name(name)) {
      split[parts->stem].push_back(name);
      continue;
    }
    add(found, {place, repository, below + name, folder / name, size_of(folder / name), fault_of(folder / name)});
  }
  for (const auto& [stem, files] : split) add_split(folder, place, repository, below, files, found);
}

void add_models_below(const fs::path& folder, Place place, const std::string& repository, FolderWalk& walk,
                      std::vector<Candidate>& found) {
  walk.folders(folder, [&](const fs::path& at) {
    const std::string below = at == folder ? "" : at.lexically_relative(folder).generic_string() + "/";
    add_models_of(at, place, repository, below, walk, found);
  });
}

}  // namespace pmtune::hub
