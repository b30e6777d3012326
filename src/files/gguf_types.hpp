// The numbers by which GGUF files name kinds of metadata values and kinds of tensors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "files/block_formats.hpp"

namespace pmtune::files {

enum class GgufKind : std::uint32_t {
  u8 = 0,
  i8 = 1,
  u16 = 2,
  i16 = 3,
  u32 = 4,
  i32 = 5,
  f32 = 6,
  boolean = 7,
  string = 8,
  array = 9,
  u64 = 10,
  i64 = 11,
  f64 = 12
};

// The format in which a tensor of that ggml type is stored, or nothing when it is not readable here.
std::optional<DType> dtype_of_ggml(std::uint32_t type);

// The name of a ggml type that exists or once existed ("Q4_K"); empty for a number that no release of ggml has used.
std::string name_of_ggml(std::uint32_t type);

}  // namespace pmtune::files
