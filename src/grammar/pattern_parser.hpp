#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace pmtune::grammar {

// A regular expression, taken apart.
struct PatternNode {
  enum class Kind { set, sequence, alternatives, repeat, begin, end };
  struct Range {
    std::uint32_t low;
    std::uint32_t high;
  };
  static constexpr std::uint32_t unlimited = UINT32_MAX;

  Kind kind = Kind::sequence;
  std::vector<Range> ranges;  // set: any character of these; sorted, disjoint
  std::vector<PatternNode> parts;
  std::uint32_t least = 0;  // repeat
  std::uint32_t most = unlimited;
};

// pattern: valid UTF-8. Throws Refusal (see pattern.hpp). The root is `alternatives`.
PatternNode parse_pattern(std::string_view pattern);

}  // namespace pmtune::grammar
