// The most of anything that is accepted from a file. Each is far above what real models hold, and low enough that a
// hostile file cannot make the process take much more memory than the file has bytes.
#pragma once

#include <cstdint>

namespace pmtune::files::limits {

inline constexpr std::uint64_t most_tensors = std::uint64_t{1} << 18;  // the largest public models have some 10^4
inline constexpr std::uint64_t longest_tensor_name = 512;              // GGUF allows 64, safetensors sets no limit

// GGUF
inline constexpr std::uint64_t most_keys = std::uint64_t{1} << 16;
inline constexpr std::uint64_t longest_key = 65535;                           // as the specification has it
inline constexpr std::uint64_t longest_string = std::uint64_t{1} << 26;       // a chat template, a licence
inline constexpr std::uint64_t most_array_elements = std::uint64_t{1} << 24;  // of all arrays of a file together
inline constexpr std::uint64_t most_gguf_dimensions = 4;                      // as ggml has it
inline constexpr std::uint64_t largest_alignment = std::uint64_t{1} << 20;
inline constexpr std::uint32_t default_alignment = 32;  // without general.alignment

// Safetensors
inline constexpr std::uint64_t longest_header = 100'000'000;  // as the reference reader has it
inline constexpr std::uint64_t most_safetensors_dimensions = 64;
inline constexpr std::uint64_t most_metadata_entries = std::uint64_t{1} << 16;
inline constexpr std::uint64_t largest_index = std::uint64_t{1} << 26;  // model.safetensors.index.json
inline constexpr std::uint64_t most_shards = 512;  // each holds a descriptor; the largest public models have some 200

// adapter_config.json
inline constexpr std::uint64_t largest_adapter_config = std::uint64_t{1} << 20;
inline constexpr std::uint64_t most_target_modules = 4096;
inline constexpr std::uint64_t most_layers = 100'000;
inline constexpr std::int64_t largest_rank = 4096;
inline constexpr double largest_alpha = 1e6;

}  // namespace pmtune::files::limits
