// What there is to know of a decoder beside its weights. One plain struct describes every family that is built
// (families.hpp); the next family is another row of that table, not another class.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "files/gguf.hpp"
#include "kernels/activation.hpp"
#include "model/rope_scaling.hpp"

namespace pmtune::model {

struct Architecture {
  std::string family;  // "llama", "phi3", ... (families.hpp)
  std::string name;    // what the file calls the model; may be empty
  std::int64_t layers = 0;
  std::int64_t hidden = 0;
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;  // grouped-query attention (Ainslie et al. 2023): heads / kv_heads queries share a key
  std::int64_t head_dim = 0;
  std::int64_t feed_forward = 0;
  std::int64_t vocabulary = 0;
  std::int64_t context_length = 0;
  double norm_epsilon = 1e-5;
  bool tied_head = false;

  bool fused_projections = false;  // query, key and value are one linear layer, gate and up another
  bool qkv_bias = false;
  bool head_norms = false;  // queries and keys are normed, head by head, before they are rotated
  bool post_norms = false;  // what a layer's halves add to the residual stream is normed first
  kernels::Activation activation = kernels::Activation::silu;
  double embedding_scale = 1;
  double attention_scale = 0;     // of the scores
  double attention_soft_cap = 0;  // scores become cap * tanh(score / cap); 0: none
  double final_soft_cap = 0;      // the same of the scores of the vocabulary

  // How a layer looks back.
  struct Look {
    std::int64_t window = 0;  // a token sees itself and the window - 1 before it; 0: all before it
    std::size_t rope = 0;     // which of `ropes` turns its queries and keys
    bool operator==(const Look&) const = default;
  };
  std::vector<Look> looks;         // one a layer
  std::vector<RopeScaling> ropes;  // of all layers, without repetition

  // Where the file's numbers differ from those that are kept in memory.
  bool paired_rows = false;     // query and key rows in the order that rotates neighbours
  bool norms_less_one = false;  // norms hold their weights less 1

  std::int64_t query_size() const { return heads * head_dim; }
  std::int64_t kv_size() const { return kv_heads * head_dim; }
  std::int64_t qkv_size() const { return query_size() + 2 * kv_size(); }
  const Look& look(std::int64_t layer) const { return looks[static_cast<std::size_t>(layer)]; }
};

// From GGUF metadata, or from config.json of a Hugging Face folder. Throw unsupported for another family or a feature
// that would change the numbers (naming it), corrupt for values that contradict each other.
Architecture architecture_of(const files::GgufFile& file);
Architecture architecture_of_folder(const std::filesystem::path& folder);

}  // namespace pmtune::model
