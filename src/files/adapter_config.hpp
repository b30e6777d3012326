// adapter_config.json of a PEFT LoRA folder (https://huggingface.co/docs/peft): read from hostile hands, written so
// that PEFT opens it. The weights beside it are a safetensors file, adapter_model.safetensors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pmtune::files {

struct AdapterConfig {
  std::int64_t rank = 16;  // r, 1 to 4096
  double alpha = 32;       // lora_alpha; the branch is scaled by alpha/r, or alpha/sqrt(r) with rslora
  double dropout = 0;      // lora_dropout, 0 to below 1
  bool rslora = false;     // use_rslora, https://arxiv.org/abs/2312.03732
  std::vector<std::string> target_modules;  // "q_proj", ...; never empty
  std::vector<std::int64_t> layers;         // layers_to_transform, rising; empty: all
  std::string base_model;                   // base_model_name_or_path; may be empty
};

// Throws not_found (no such file in the folder), corrupt (not JSON, values out of range), unsupported (another
// PEFT method than LoRA, DoRA, a bias, rank patterns, saved modules: each named in the sentence).
AdapterConfig read_adapter_config(const std::filesystem::path& folder);

void write_adapter_config(const std::filesystem::path& folder, const AdapterConfig& config);

}  // namespace pmtune::files
