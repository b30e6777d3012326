#include "model/tensor_names.hpp"

#include "base/fail.hpp"

namespace pmtune::model {
namespace {

std::string gguf_linear(std::int64_t layer, Linear linear) {
  // A fused gate and up goes by the name of up.
  static constexpr std::array<const char*, kLinears> names{"attn_q",   "attn_k", "attn_v", "attn_qkv", "attn_output",
                                                           "ffn_gate", "ffn_up", "ffn_up", "ffn_down"};
  return concat("blk.", layer, ".", names[static_cast<std::size_t>(linear)]);
}

std::string folder_linear(std::int64_t layer, Linear linear) {
  return concat("model.layers.", layer, ".", parent_of(linear), ".", kLinearNames[static_cast<std::size_t>(linear)]);
}

const char* gguf_norm(Norm norm) {
  switch (norm) {
    case Norm::attention: return "attn_norm";
    case Norm::mlp: return "ffn_norm";
    case Norm::query: return "attn_q_norm";
    case Norm::key: return "attn_k_norm";
    case Norm::post_attention: return "post_attention_norm";
    case Norm::post_mlp: return "post_ffw_norm";
  }
  return "";
}

const char* folder_norm(Norm norm, bool post_norms) {
  switch (norm) {
    case Norm::attention: return "input_layernorm";
    case Norm::mlp: return post_norms ? "pre_feedforward_layernorm" : "post_attention_layernorm";
    case Norm::query: return "self_attn.q_norm";
    case Norm::key: return "self_attn.k_norm";
    case Norm::post_attention: return "post_attention_layernorm";
    case Norm::post_mlp: return "post_feedforward_layernorm";
  }
  return "";
}

}  // namespace

std::string GgufNames::linear(std::int64_t layer, Linear linear) const {
  return gguf_linear(layer, linear) + ".weight";
}
std::string GgufNames::bias(std::int64_t layer, Linear linear) const { return gguf_linear(layer, linear) + ".bias"; }
std::string GgufNames::norm(std::int64_t layer, Norm norm) const {
  return concat("blk.", layer, ".", gguf_norm(norm), ".weight");
}

std::string FolderNames::linear(std::int64_t layer, Linear linear) const {
  return folder_linear(layer, linear) + ".weight";
}
std::string FolderNames::bias(std::int64_t layer, Linear linear) const {
  return folder_linear(layer, linear) + ".bias";
}
std::string FolderNames::norm(std::int64_t layer, Norm norm) const {
  return concat("model.layers.", layer, ".", folder_norm(norm, post_norms_), ".weight");
}

}  // namespace pmtune::model
