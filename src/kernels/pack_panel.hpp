// Rows of a file's quantised blocks into the panels that decode_loops.hpp multiplies.
#pragma once

#include <cstddef>
#include <cstdint>

#include "files/block_numbers.hpp"
#include "kernels/decode_loops.hpp"

namespace pmtune::kernels {

Packing packing_of(const files::NumberForm& form);

// Bytes of a panel: 16 rows of W.
inline std::size_t panel_size(Packing packing, std::int64_t columns) {
  return static_cast<std::size_t>(columns / kScaleBlock * size_of(packing).block());
}

// One row (columns: a multiple of 32 and of the format's block) into its lane, 0 to 15, of a panel. Nothing is lost.
void pack_row(files::DType dtype, const std::byte* row, std::int64_t columns, std::int64_t lane, std::byte* panel);

}  // namespace pmtune::kernels
