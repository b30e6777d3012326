// From files to a Model: architecture, tokenizer, chat template, weights.
#pragma once

#include <filesystem>
#include <memory>
#include <pmtune/model.hpp>
#include <string>

#include "model/weights.hpp"

namespace pmtune::model {

// A .gguf file or a Hugging Face folder (config.json, *.safetensors, tokenizer.json). Errors as Model::load.
Model load_from_path(const std::filesystem::path& path, const ModelOptions& options);

struct LoadedWeights {
  Weights weights;
  std::string file_format;
  std::string file_precision;                // of most of the matrices
  std::vector<std::filesystem::path> files;  // what the weights came from; what the hash covers
};
// keep_blocks: quantised matrices stay mapped as they are and are dequantised where they are used.
LoadedWeights load_gguf_weights(const std::shared_ptr<const files::GgufFile>& file, at::ScalarType dtype,
                                at::Device device, bool keep_blocks);
LoadedWeights load_folder_weights(const std::filesystem::path& folder, at::ScalarType dtype, at::Device device);

// "auto", "cpu", "cuda:1", ... Throws invalid_argument, or unsupported when this machine has no such device.
at::Device parse_device(const std::string& text);
// The compute dtype of "auto", "f32", "bf16" or "file"; the 4- and 8-bit forms throw unsupported.
at::ScalarType parse_weights(const std::string& text, at::Device device);

}  // namespace pmtune::model
