#include "model/weight_files.hpp"

#include <set>
#include <string>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"

namespace pmtune::model {
namespace fs = std::filesystem;

std::vector<fs::path> weight_files(const fs::path& folder) {
  const fs::path index = folder / "model.safetensors.index.json";
  std::set<std::string> names;
  if (fs::exists(index)) {
    const Json json = parse_json_or_throw(read_text_file(index, std::size_t{64} << 20), index.string());
    if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object())
      fail(Code::corrupt, index.string(), " has no \"weight_map\"; fetch the model again.");
    for (const auto& [tensor, file] : json["weight_map"].items()) {
      if (!file.is_string() || fs::path(file.get<std::string>()).filename() != fs::path(file.get<std::string>()))
        fail(Code::corrupt, index.string(), " names a file outside its folder for the tensor ", tensor,
             "; fetch the model again from a source you trust.");
      names.insert(file.get<std::string>());
    }
  } else if (fs::exists(folder / "model.safetensors")) {
    names.insert("model.safetensors");
  }
  std::vector<fs::path> files;
  for (const std::string& name : names) files.push_back(folder / name);
  if (files.empty())
    fail(Code::not_found, "The folder ", folder.string(),
         " has a config.json but no model.safetensors; the weights were not downloaded, fetch them.");
  return files;
}

}  // namespace pmtune::model
