// Tells where a text can be cut into words without changing what BPE makes of it: between two characters that stand
// side by side in no token, nothing is ever merged. Texts of SentencePiece models have no other words, and merging a
// whole page as one word is slow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/flat_map.hpp"

namespace pmtune::text {

class JoinFilter {
 public:
  // An empty filter cuts nowhere.
  JoinFilter() = default;
  explicit JoinFilter(const std::vector<std::string>& tokens);

  // The size of the first word of a text that is not empty.
  std::size_t first_word(std::string_view text) const;

 private:
  // Whether two characters may stand side by side in a token. Sometimes true for a pair that does not.
  bool may_join(std::uint32_t left, std::uint32_t right) const {
    const std::uint64_t bit = position(left, right);
    return (bits_[bit >> 6] >> (bit & 63) & 1) != 0;
  }
  std::uint64_t position(std::uint32_t left, std::uint32_t right) const {
    return mix(std::uint64_t{left} << 32 | right) & (bits_.size() * 64 - 1);
  }

  std::vector<std::uint64_t> bits_;
};

}  // namespace pmtune::text
