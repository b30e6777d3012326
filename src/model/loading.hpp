// From files to a Model: architecture, tokenizer, chat template, weights.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
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

// How weights are held in memory.
struct Storage {
  at::ScalarType dtype = at::kFloat;     // the compute dtype, which dense matrices are in
  bool read_blocks = false;              // answers read the file's blocks, also where the matrices are dense
  bool keep_blocks = false;              // matrices that the file holds in quantised blocks stay mapped as they are
  std::optional<files::DType> quantise;  // the layers' other matrices are quantised to this
};
LoadedWeights load_gguf_weights(const std::shared_ptr<const files::GgufFile>& file, const Storage& storage,
                                at::Device device);
LoadedWeights load_folder_weights(const std::filesystem::path& folder, const Storage& storage, at::Device device);

// "auto", "cpu", "cuda:1", ... Throws invalid_argument, or unsupported when this machine has no such device.
at::Device parse_device(const std::string& text);
// Of ModelOptions::weights. Blocks on another device than the CPU throw unsupported.
Storage parse_weights(const std::string& text, at::Device device);

}  // namespace pmtune::model
