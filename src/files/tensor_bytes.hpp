// How many bytes a tensor takes, computed so that no shape out of a file can deceive it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "files/block_formats.hpp"

namespace pmtune::files {

// Nothing when the numbers or bytes cannot be counted in 63 bits. A size of 0 anywhere does not excuse the others:
// [2^40, 2^40, 0] is refused too, because strides are products of part of the sizes. Sizes must not be negative, and
// the innermost one must be a multiple of the dtype's block.
std::optional<std::uint64_t> tensor_bytes(DType dtype, const std::vector<std::int64_t>& shape);

}  // namespace pmtune::files
