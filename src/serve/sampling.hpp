// How an answer is to be drawn: the members that chat and plain completions share.
#pragma once

#include <optional>
#include <pmtune/model.hpp>

#include "serve/members.hpp"

namespace pmtune::serve {

struct Sampling {
  GenerateOptions options;
  bool has_temperature = false, has_max_tokens = false, has_seed = false;
  std::int64_t choices = 1;  // "n"
  bool stream = false;
  bool include_usage = false;  // a last event with the usage
};

Sampling read_sampling(const Members& request);

inline constexpr std::int64_t most_choices = 16;

}  // namespace pmtune::serve
