// Finds examples that say nearly the same, in one pass and without keeping them.
#pragma once

#include <cstdint>
#include <optional>
#include <pmtune/dataset.hpp>
#include <vector>

#include "data/shingles.hpp"

namespace pmtune::data {

// From this likeness on two texts are told to be nearly the same.
constexpr double nearly_the_same = 0.7;

struct Twin {
  std::uint32_t index = 0;  // of an example added earlier
  double likeness = 0;
};

// The newest example for each value of a band. Open addressing: most values are seen once, and a node for each would
// cost more than all the rest of a check.
class NewestByBand {
 public:
  static constexpr std::uint32_t no_example = ~std::uint32_t{0};

  std::uint32_t find(std::uint32_t value) const { return slots_[slot_of(value)].example; }
  // Returns the one before.
  std::uint32_t exchange(std::uint32_t value, std::uint32_t example);

 private:
  struct Slot {
    std::uint32_t value = 0;
    std::uint32_t example = no_example;
  };
  std::size_t slot_of(std::uint32_t value) const;
  void grow();

  std::vector<Slot> slots_{1024};
  std::size_t used_ = 0;
};

class NearDuplicates {
 public:
  // The example added before that is most like this one, if any is nearly the same. Examples are counted from 0.
  std::optional<Twin> add(const Example& example);

  // The same for an example that does not belong to the set.
  std::optional<Twin> find(const Example& example) const;

 private:
  struct Kept {
    Sketch sketch;
    std::array<std::uint32_t, band_count> before;  // the example added before that shares the band
  };
  std::optional<Twin> best_of(const Sketch& sketch, const std::array<std::uint32_t, band_count>& first) const;

  std::vector<Kept> kept_;
  NewestByBand newest_;
};

// Pairs of words of questions and answers; what the system message says stands in every example.
std::vector<std::uint32_t> shingles_of(const Example& example);

}  // namespace pmtune::data
