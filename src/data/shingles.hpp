// How alike two texts are, from a little that is kept of each.
//
// A text is the set of its pairs of neighbouring words, each hashed (shingles; Broder 1997). Capitals, punctuation
// and white space do not count. Two texts are as alike as the part of all their pairs that both have (Jaccard index):
// one changed word among twenty leaves about 0.8; two user stories in the same form about other things have 0.1 to
// 0.3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace pmtune::data {

// The 256 smallest hashes of a text, in rising order ("k minimum values"; Bar-Yossef et al. 2002). Of texts of up to
// some 250 words these are all, and the likeness is exact; of longer ones it is within about 0.05.
class Sketch {
 public:
  static constexpr std::size_t most_hashes = 256;

  Sketch() = default;
  explicit Sketch(std::vector<std::uint32_t> hashes);  // of all pairs of a text

  bool empty() const { return hashes_.empty(); }
  const std::vector<std::uint32_t>& hashes() const { return hashes_; }
  bool is_whole() const { return hashes_.size() < most_hashes; }

 private:
  std::vector<std::uint32_t> hashes_;
};

// 0 to 1; 0 when one of them is empty.
double likeness(const Sketch& a, const Sketch& b);

// Puts texts together, one after the other; pairs do not reach from one into the next.
class Shingler {
 public:
  void add(std::string_view text);
  std::vector<std::uint32_t> take();  // hashes of all pairs; of a single word that one

 private:
  std::vector<std::uint32_t> hashes_;
};

// Texts that are alike share the value of a band more often than not: at a likeness of 0.7 in one band of 24 at least
// with probability 0.998, at 0.3 with 0.18. Minima of four hash functions make a band; a hash function is one of the
// bins into which the hashes fall, empty bins borrowing from others (one permutation hashing; Li et al. 2012,
// Shrivastava 2017).
constexpr std::size_t band_count = 24;
using Bands = std::array<std::uint32_t, band_count>;
Bands bands_of(const std::vector<std::uint32_t>& hashes);  // at least one hash

}  // namespace pmtune::data
