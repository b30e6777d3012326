// What this process holds in memory.
#pragma once

#include <cstdint>

namespace pmtune::kernels {

struct Resident {        // bytes
  std::int64_t own = 0;  // allocated
  std::int64_t mapped =
      0;  // pages of files: libraries, weights that stay in their file; 0 where it cannot be told apart
};
Resident resident_now();

// Hands what was freed back to the system, where the allocator keeps it.
void give_back_memory();

}  // namespace pmtune::kernels
