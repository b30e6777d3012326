#include "model/families.hpp"

namespace pmtune::model {
namespace {

using kernels::Activation;

constexpr Family kFamilies[] = {
    // Llama 1 to 3.x, TinyLlama, SmolLM2
    {.name = "llama", .config_type = "llama", .gguf = "llama", .paired_rows = true},
    // In a GGUF Mistral is a llama.
    {.name = "mistral", .config_type = "mistral", .gguf = ""},
    // Phi-3 and Phi-3.5 mini
    {.name = "phi3", .config_type = "phi3", .gguf = "phi3", .fused_projections = true},
    // Qwen 2 and 2.5
    {.name = "qwen2", .config_type = "qwen2", .gguf = "qwen2", .qkv_bias = true},
    {.name = "qwen3", .config_type = "qwen3", .gguf = "qwen3", .head_norms = true, .head_dim = 128},
    {.name = "smollm3",
     .config_type = "smollm3",
     .gguf = "smollm3",
     .paired_rows = true,
     .unrotated_every = 4,
     .tied = true},
    {.name = "gemma2",
     .config_type = "gemma2",
     .gguf = "gemma2",
     .post_norms = true,
     .activation = Activation::gelu_tanh,
     .scaled_embedding = true,
     .norms_less_one = true,
     .full_every = 2,
     .tied = true,
     .head_dim = 256},
    // Gemma 3, text only
    {.name = "gemma3",
     .config_type = "gemma3_text",
     .gguf = "gemma3",
     .head_norms = true,
     .post_norms = true,
     .activation = Activation::gelu_tanh,
     .scaled_embedding = true,
     .norms_less_one = true,
     .full_every = 6,
     .local_rope_base = 10000,
     .tied = true,
     .head_dim = 256},
};

template <class Is>
const Family* find(const Is& is) {
  for (const Family& family : kFamilies)
    if (is(family)) return &family;
  return nullptr;
}

}  // namespace

std::span<const Family> families() { return kFamilies; }

const Family* family_of_config(const std::string& model_type) {
  return find([&](const Family& family) { return model_type == family.config_type; });
}

const Family* family_of_gguf(const std::string& architecture) {
  return find([&](const Family& family) { return !architecture.empty() && architecture == family.gguf; });
}

std::string family_names() {
  std::string names;
  for (const Family& family : kFamilies) names += (names.empty() ? "" : ", ") + std::string(family.name);
  return names;
}

}  // namespace pmtune::model
