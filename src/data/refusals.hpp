// Answers that decline to answer.
#pragma once

#include <string_view>

namespace pmtune::data {

// The words by which an answer declines or hides behind being a machine, at its beginning; empty when it does not.
std::string_view find_refusal(std::string_view answer);

}  // namespace pmtune::data
