// Quantising numbers into the blocks of block_formats.hpp, for models whose file holds them unquantised.
#pragma once

#include <cstddef>

#include "files/block_formats.hpp"

namespace pmtune::files {

// `count` numbers (a multiple of the block, all finite) into `out`, stored_bytes(dtype, count) bytes.
// q4_0 and q8_0 as ggml's reference and the gguf package do it; nf4 as bitsandbytes does: each number divided by the
// block's largest magnitude, then the nearest of the sixteen values.
void quantise(DType dtype, const float* numbers, std::size_t count, std::byte* out);

}  // namespace pmtune::files
