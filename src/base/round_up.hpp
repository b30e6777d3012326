// Whole pieces of a size. For sizes above 0 that are known to be small; numbers out of files go through Checked.
#pragma once

#include <cstdint>

namespace pmtune {

// How many pieces of this size hold `count`.
constexpr std::int64_t ceil_div(std::int64_t count, std::int64_t size) { return (count + size - 1) / size; }

// The next multiple of `size` that is not below `count`.
constexpr std::int64_t round_up(std::int64_t count, std::int64_t size) { return ceil_div(count, size) * size; }

}  // namespace pmtune
