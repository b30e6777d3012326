#include "files/safetensors_folder.hpp"

#include <system_error>

#include "base/atomic_file.hpp"
#include "base/json.hpp"
#include "files/limits.hpp"
#include "files/wording.hpp"

namespace pmtune::files {
namespace fs = std::filesystem;

namespace {

constexpr const char* single_name = "model.safetensors";
constexpr const char* index_name = "model.safetensors.index.json";

// A file of the folder itself: "../x", "/x", ".." and a name with a zero byte, which the system would read only up to
// there, are not.
bool is_plain_name(const std::string& name) {
  return name != "." && name != ".." && !name.empty() && name.find('/') == std::string::npos &&
         name.find('\\') == std::string::npos && name.find('\0') == std::string::npos;
}

// A name that no system could have is not there; nor is what may not be looked at.
bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

using NamesOfShard = std::map<std::string, std::vector<std::string>>;  // a shard's file name -> its tensors

NamesOfShard read_index(const fs::path& path) {
  const Json json = parse_json_or_throw(read_text_file(path, limits::largest_index), path.string());
  const auto map = json.is_object() ? json.find("weight_map") : json.end();
  if (map == json.end() || !map->is_object() || map->empty())
    fail_damaged(path, "it has no \"weight_map\" that says which file holds which tensor");
  NamesOfShard shards;
  for (const auto& [tensor, file] : map->items()) {
    const std::string* name = file.get_ptr<const std::string*>();
    if (name == nullptr || !is_plain_name(*name))
      fail(Code::corrupt, "The file ", path.string(), " names a file outside its folder for the tensor ",
           in_quotes(tensor), "; take the model from a source you trust.");
    shards[*name].push_back(tensor);
    if (shards.size() > limits::most_shards) fail_damaged(path, "it names more than ", limits::most_shards, " files");
  }
  return shards;
}

}  // namespace

SafetensorsFolder SafetensorsFolder::open(const fs::path& folder) {
  const fs::path index = folder / index_name;
  NamesOfShard names;
  if (is_there(index))
    names = read_index(index);
  else if (is_there(folder / single_name))
    names.emplace(single_name, std::vector<std::string>());
  else
    fail(Code::not_found, "The folder ", folder.string(), " has a config.json but no ", single_name,
         "; the weights were not downloaded, fetch them.");
  SafetensorsFolder result;
  for (const auto& [name, tensors] : names) {
    const fs::path path = folder / name;
    if (!is_there(path))
      fail(Code::not_found, "The file ", in_quotes(name), ", which ", index.string(),
           " names, is missing; the model was not downloaded completely, fetch it again.");
    const auto& shard = result.shards_.emplace_back(SafetensorsFile::open(path));
    for (const std::string& tensor : tensors)
      if (shard->find(tensor) == nullptr)
        fail_damaged(path, "it lacks the tensor ", in_quotes(tensor), ", which ", index_name, " expects in it");
    for (const TensorView& view : shard->tensors())
      if (!result.tensors_.emplace(view.name, &view).second)
        fail_damaged(path, "it holds the tensor ", in_quotes(view.name),
                     ", which another file of the model holds too");
  }
  return result;
}

const TensorView* SafetensorsFolder::find(const std::string& name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : found->second;
}

}  // namespace pmtune::files
