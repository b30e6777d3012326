// Examples that belong on the same side when a set is divided: those that ask the same question, or say nearly the
// same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <pmtune/dataset.hpp>
#include <string>
#include <vector>

namespace pmtune::data {

// Tags that begin so tell when an example came, not what it asks for.
inline constexpr const char* round_prefix = "round:";

// What the example asks for: its first tag; "" when it has none.
std::string task_tag(const Example& example);

// Examples of one kin, and the task of the first.
struct Kin {
  std::vector<std::size_t> members;  // in rising order
  std::size_t task = 0;
};

// In random order.
std::vector<Kin> kin_of(const std::vector<Example>& examples, std::uint64_t seed);

// `wanted` of `size` examples, or as few less as whole kins allow, each task with its share. Where all are one kin,
// it is parted. In rising order.
std::vector<std::size_t> held_out_part(const std::vector<Kin>& kins, std::size_t size, std::size_t wanted);

// All examples in `count` parts of about the same size, each task spread over them.
std::vector<std::vector<std::size_t>> fold_parts(const std::vector<Kin>& kins, std::size_t count);

}  // namespace pmtune::data
