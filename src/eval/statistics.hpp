// Exact statistics for the few dozen observations that a product manager has. No normal approximation: below a few
// hundred pairs it is far too sure of itself.
#pragma once

#include <cstdint>

namespace pmtune::eval {

inline constexpr double significance = 0.05;  // two-sided, for every test in this room

// Two-sided exact sign test (binomial with p = 1/2; ties are left out beforehand): the probability of a split at
// least as uneven as this one when better and worse are equally likely. 1 for no pairs. Negative counts throw
// invalid_argument.
double sign_test(std::int64_t wins, std::int64_t losses);

// About how many more prompts would make the sign test significant if wins, ties and losses went on at the rate seen;
// fractions of a prompt are counted against the side that leads. 0 when it is significant already, when neither side
// leads, or when more than 10,000 would be needed.
std::int64_t more_prompts_needed(std::int64_t wins, std::int64_t ties, std::int64_t losses);

}  // namespace pmtune::eval
