#pragma once

#include <cstddef>

namespace pmtune::text {

// Bytes begin..end-1 of a text.
struct ByteRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

}  // namespace pmtune::text
