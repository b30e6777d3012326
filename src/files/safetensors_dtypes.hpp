// The names of number formats in safetensors headers.
#pragma once

#include <optional>
#include <string_view>

#include "files/block_formats.hpp"

namespace pmtune::files {

std::optional<DType> dtype_of_safetensors(std::string_view name);

// A format of the specification that is not readable here (F8_E4M3, U32, ...).
bool is_other_safetensors_dtype(std::string_view name);

// "F32" for f32; empty for the blocks of GGUF, which safetensors cannot hold.
std::string_view safetensors_name(DType dtype);

}  // namespace pmtune::files
