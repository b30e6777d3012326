// The weights of a Hugging Face folder: model.safetensors, or the several files (shards) among which
// model.safetensors.index.json divides the tensors.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "files/safetensors.hpp"

namespace pmtune::files {

class SafetensorsFolder {
 public:
  // Throws not_found (no weights, a shard that is missing), corrupt (an index that names a file outside the folder,
  // or a tensor that its shard does not hold; a tensor in two shards), and what SafetensorsFile::open throws.
  static SafetensorsFolder open(const std::filesystem::path& folder);

  const std::vector<std::shared_ptr<const SafetensorsFile>>& shards() const { return shards_; }
  // The tensor of that name, in whichever shard, or nullptr. Valid while the shards live.
  const TensorView* find(const std::string& name) const;

 private:
  std::vector<std::shared_ptr<const SafetensorsFile>> shards_;
  std::map<std::string, const TensorView*> tensors_;
};

}  // namespace pmtune::files
