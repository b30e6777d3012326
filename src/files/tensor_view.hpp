// A tensor where it lies in a mapped file. Valid while the file object lives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "files/block_formats.hpp"

namespace pmtune::files {

struct TensorView {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;  // outermost first, as torch writes it (GGUF stores the reverse)
  const std::byte* data = nullptr;  // may be unaligned
  std::size_t bytes = 0;

  std::int64_t count() const {  // checked when the file was opened: cannot wrap
    std::int64_t product = 1;
    for (std::int64_t size : shape) product *= size;
    return product;
  }
};

}  // namespace pmtune::files
