// What this process holds in memory now, in bytes.
#pragma once

#include <cstdint>

namespace pmtune::kernels {

struct Resident {
  std::int64_t own = 0;  // allocated
  std::int64_t mapped =
      0;  // pages of files: libraries, weights that stay in their file; 0 where it cannot be told apart
};
Resident resident_now();

}  // namespace pmtune::kernels
