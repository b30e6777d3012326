// What there is to know of a decoder beside its weights. One plain struct describes every family that is built; the
// next family is another reader that fills it, not another class.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "files/gguf.hpp"

namespace pmtune::model {

struct Architecture {
  std::string family;  // "llama"
  std::string name;    // what the file calls the model; may be empty
  std::int64_t layers = 0;
  std::int64_t hidden = 0;
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;  // grouped-query attention (Ainslie et al. 2023): heads / kv_heads queries share a key
  std::int64_t head_dim = 0;
  std::int64_t feed_forward = 0;
  std::int64_t vocabulary = 0;
  std::int64_t context_length = 0;
  double rope_base = 10000;
  double norm_epsilon = 1e-5;
  bool tied_head = false;

  std::int64_t query_size() const { return heads * head_dim; }
  std::int64_t kv_size() const { return kv_heads * head_dim; }
  std::int64_t qkv_size() const { return query_size() + 2 * kv_size(); }
};

// From GGUF metadata, or from config.json of a Hugging Face folder. Throw unsupported for another family or a feature
// that would change the numbers (naming it), corrupt for values that contradict each other.
Architecture architecture_of(const files::GgufFile& file);
Architecture architecture_of_folder(const std::filesystem::path& folder);

}  // namespace pmtune::model
