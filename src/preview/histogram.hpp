// Lengths as a histogram that a person can read.
#pragma once

#include <cstdint>
#include <pmtune/dataset_preview.hpp>
#include <vector>

namespace pmtune::preview {

// Empty bars and zeros for no values.
PreviewHistogram histogram_of(std::vector<std::int64_t> values);

// "100 to 199", "1000 and more", "7".
std::string name_of(const PreviewBar& bar);

}  // namespace pmtune::preview
