// Byte-pair encoding proper: joins the pair of neighbours that was learned first, until no learned pair is left
// (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909).
#pragma once

#include <cstdint>
#include <vector>

#include "text/flat_map.hpp"

namespace pmtune::text {

class BpeMerger {
 public:
  using Id = std::int32_t;

  explicit BpeMerger(std::size_t expected_merges) : merges_(expected_merges) {}

  // Rank: how early the pair was learned; the lowest goes first, and of one rank the leftmost. A pair given again
  // takes the later rank.
  void add(Id left, Id right, std::uint32_t rank, Id joined) {
    merges_.insert_or_assign(pair_key(left, right), std::uint64_t{rank} << 32 | static_cast<std::uint32_t>(joined));
  }

  // Merges `symbols` in place. Time grows as n log n for long words.
  void merge(std::vector<Id>& symbols) const;

 private:
  static std::uint64_t pair_key(Id left, Id right) {
    return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
  }
  static Id joined_id(std::uint64_t merge) { return static_cast<Id>(static_cast<std::uint32_t>(merge)); }
  void merge_short(std::vector<Id>& symbols) const;
  void merge_long(std::vector<Id>& symbols) const;

  FlatMap merges_;  // rank in the upper half, joined token in the lower: the smallest value goes first
};

}  // namespace pmtune::text
