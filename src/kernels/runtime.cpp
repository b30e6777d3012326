// The machine and this process, as device.hpp tells of them.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/native/DispatchStub.h>
#include <malloc.h>
#include <sys/resource.h>
#include <torch/headeronly/version.h>

#include <fstream>
#include <ostream>
#include <pmtune/device.hpp>
#include <pmtune/fields.hpp>

#include "base/fail.hpp"
#include "kernels/resident.hpp"
#include "kernels/tile_loops.hpp"

namespace pmtune {
namespace {

// A value of one of Linux' tables in bytes; 0 where there is none.
std::int64_t table_value(const char* table, const std::string& key) {
  std::ifstream file(table);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key + ":")) return std::atoll(line.c_str() + key.size() + 1) * 1024;
  return 0;
}

std::int64_t meminfo(const std::string& key) { return table_value("/proc/meminfo", key); }
std::int64_t status(const std::string& key) { return table_value("/proc/self/status", key); }

std::int64_t peak_resident_bytes() {
  // getrusage would also count what the process that started this one held at that moment.
  if (const std::int64_t peak = status("VmHWM"); peak > 0) return peak;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#if defined(__APPLE__)
  return usage.ru_maxrss;
#else
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
#endif
}

bool native_bf16() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

}  // namespace

RuntimeInfo runtime_info() {
  RuntimeInfo info;
  info.version = PMTUNE_VERSION;
  info.torch_version = TORCH_VERSION;
  info.cpu_capability = at::get_cpu_capability();
  info.cpu_bf16 = native_bf16();
  info.threads = at::get_num_threads();
  info.devices = {"cpu"};
  if (at::hasCUDA())
    for (std::size_t i = 0; i < at::getNumGPUs(); ++i) info.devices.push_back(concat("cuda:", i));
  if (at::hasMPS()) info.devices.push_back("mps");
  info.memory_total = meminfo("MemTotal");
  info.memory_available = meminfo("MemAvailable");
  info.resident = status("VmRSS");
  info.peak_resident = peak_resident_bytes();
  return info;
}

std::ostream& operator<<(std::ostream& out, const RuntimeInfo& info) {
  out << "pmtune " << info.version << " | torch " << info.torch_version << " | cpu " << info.cpu_capability
      << (info.cpu_bf16 ? " with bf16" : "") << ", kernels " << kernels::tiles().name << ", " << info.threads
      << (info.threads == 1 ? " thread" : " threads") << " |";
  for (const std::string& device : info.devices) out << ' ' << device;
  return out << " | memory " << to_string(ByteSize(info.memory_available)) << " free of "
             << to_string(ByteSize(info.memory_total)) << ", this process " << to_string(ByteSize(info.resident))
             << " (peak " << to_string(ByteSize(info.peak_resident)) << ")";
}

void set_threads(int count) {
  if (count < 1 || count > 1024)
    fail(Code::invalid_argument, "The number of threads is ", count, "; it must be from 1 to 1024.");
  at::set_num_threads(count);
}

void trim_memory() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

}  // namespace pmtune

namespace pmtune::kernels {

void give_back_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

Resident resident_now() { return {status("RssAnon") + status("RssShmem"), status("RssFile")}; }

}  // namespace pmtune::kernels
