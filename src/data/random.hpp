// Chance that is the same on every machine: std::shuffle and the standard distributions differ between libraries, and
// a split must not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace pmtune::data {

// SplitMix64 (Steele, Lea, Flood 2014): one word of state, every seed is a good one.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  // Evenly from 0 to below `bound` (at least 1); draws that would favour the low numbers are thrown away.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t uneven = (0 - bound) % bound;
    std::uint64_t draw = next();
    while (draw < uneven) draw = next();
    return draw % bound;
  }

 private:
  std::uint64_t state_;
};

// 0 to count - 1 in random order.
inline std::vector<std::size_t> shuffled_order(std::size_t count, std::uint64_t seed) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(seed);
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

}  // namespace pmtune::data
