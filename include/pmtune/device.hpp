// Where the work runs, and what this machine and this process are using.
//
//   std::cout << pmtune::runtime_info() << '\n';        // "torch 2.13.0 | cpu AVX512 + AMX, 2 threads | ..."
//   pmtune::set_threads(4);
//
// pmtune changes nothing of the host's by itself: no thread count, no environment, no signal handler, nothing on
// stdout.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include <pmtune/export.hpp>

namespace pmtune {

struct RuntimeInfo {
  std::string version;                // of pmtune, e.g. "0.1.0"
  std::string torch_version;          // of the libtorch in this process, e.g. "2.13.0+cpu"
  std::string cpu_capability;         // "default", "AVX2", "AVX512", ...: the kernels chosen on this machine
  bool cpu_bf16 = false;              // the processor multiplies bf16 natively (AVX512_BF16 or AMX)
  int threads = 0;                    // threads that one operation may use
  std::vector<std::string> devices;   // what Model::load accepts here: "cpu", "cuda:0", "mps"
  std::int64_t memory_total = 0;      // bytes of RAM in the machine
  std::int64_t memory_available = 0;  // bytes that can be had without swapping
  std::int64_t resident = 0;          // bytes of this process now
  std::int64_t peak_resident = 0;     // the most this process ever held
};

PMTUNE_API RuntimeInfo runtime_info();
PMTUNE_API std::ostream& operator<<(std::ostream& out, const RuntimeInfo& info);

// Threads for one operation, 1 to 1024; process-wide, for the thread that calls and those that start later.
// Throws invalid_argument.
PMTUNE_API void set_threads(int count);

// Gives memory that pmtune and libc hold but do not need back to the system.
PMTUNE_API void trim_memory();

enum class LogLevel : int { debug = 0, info = 1, warning = 2, error = 3 };

// Receives what the library has to tell beside its results (a slower path was chosen, a file was skipped). By default
// nothing is printed. Called on the thread where the event happens, one call at a time. Pass nullptr to switch off.
PMTUNE_API void set_log_callback(std::function<void(LogLevel, std::string_view)> callback);

}  // namespace pmtune
