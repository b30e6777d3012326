// What reading one hostile file may cost.
#pragma once

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>
#include <ctime>
#include <fstream>

namespace pmtune::hostile {

// While it lives, the process may take 1.5 GiB more memory than it has now. AddressSanitizer does not bear that;
// there tests/CMakeLists.txt limits single allocations.
class MemoryLimit {
 public:
#if defined(__SANITIZE_ADDRESS__)
  MemoryLimit() = default;
#else
  MemoryLimit() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    ::getrlimit(RLIMIT_AS, &before_);
    rlimit lowered = before_;
    lowered.rlim_cur = pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + (std::size_t{3} << 29);
    ::setrlimit(RLIMIT_AS, &lowered);
  }
  ~MemoryLimit() { ::setrlimit(RLIMIT_AS, &before_); }
#endif
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  rlimit before_{};
};

// Does the work within that memory and 5 seconds of the processor's time (others may keep the machine busy).
template <class Work>
auto within_limits(const Work& work) {
  struct Clock {
    std::clock_t start = std::clock();
    ~Clock() { CHECK(std::clock() - start < 5 * CLOCKS_PER_SEC); }
  };
  const MemoryLimit memory;
  const Clock clock;
  return work();
}

}  // namespace pmtune::hostile
