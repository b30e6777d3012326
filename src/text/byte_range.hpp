#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace pmtune::text {

// Bytes begin..end-1 of a text.
struct ByteRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

// The parts of `ranges` (sorted, disjoint) within `bytes`, counted from its begin.
inline std::vector<ByteRange> within(const std::vector<ByteRange>& ranges, ByteRange bytes) {
  std::vector<ByteRange> clipped;
  auto range = std::partition_point(ranges.begin(), ranges.end(),
                                    [&](const ByteRange& candidate) { return candidate.end <= bytes.begin; });
  for (; range != ranges.end() && range->begin < bytes.end; ++range) {
    const ByteRange part{std::max(range->begin, bytes.begin), std::min(range->end, bytes.end)};
    if (part.begin < part.end) clipped.push_back({part.begin - bytes.begin, part.end - bytes.begin});
  }
  return clipped;
}

}  // namespace pmtune::text
