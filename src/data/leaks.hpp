// Examples that a model would be taught and tested on.
#pragma once

#include <cstdint>
#include <pmtune/dataset.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/near_duplicates.hpp"

namespace pmtune::data {

class LeakCheck {
 public:
  // held_out: the examples that the model is tested on.
  explicit LeakCheck(const std::vector<Example>& held_out);

  // Of one example that the model is taught.
  void check(const Example& example, std::vector<Problem>& warnings) const;

 private:
  std::vector<std::string> places_;  // of the held-out examples
  std::unordered_map<std::uint64_t, std::size_t>
      questions_;  // place of each question, that is of all but the last answer
  NearDuplicates wording_;
};

}  // namespace pmtune::data
