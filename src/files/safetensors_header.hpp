// Reads the JSON header of a safetensors file without building a tree of it, so that a hostile header of 100 MB costs
// no more memory than the tensors it describes. Used by SafetensorsFile::open alone.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "files/block_formats.hpp"

namespace pmtune::files {

struct SafetensorsEntry {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::array<std::uint64_t, 2> offsets = {0, 0};  // begin and end, from the start of the data; unchecked
};

struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;
  std::vector<SafetensorsEntry> entries;  // in the header's order; names may repeat, the caller refuses that
};

// Throws corrupt or unsupported, with `path` in the sentence.
SafetensorsHeader parse_safetensors_header(std::string_view text, const std::filesystem::path& path);

}  // namespace pmtune::files
