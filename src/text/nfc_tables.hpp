#pragma once

#include <array>
#include <cstdint>

namespace pmtune::text {

// A character and what it decomposes into; second is 0 when that is one character.
struct Decomposition {
  std::uint32_t character, first, second;
};

// Characters with a canonical combining class other than 0, by which marks on one letter are sorted.
struct CombiningRange {
  std::uint32_t first, last;
  std::uint8_t combining_class;
};

// All sorted by character. Hangul syllables are computed, not listed.
extern const std::array<Decomposition, 940> compositions;             // both ways
extern const std::array<Decomposition, 1120> one_way_decompositions;  // never put together again
extern const std::array<CombiningRange, 333> combining_ranges;

}  // namespace pmtune::text
