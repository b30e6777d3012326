#include "kernels/thread_work.hpp"

#include <memory>
#include <thread>

namespace pmtune::kernels {
namespace {

struct Buffer {
  std::size_t size = 0;
  std::unique_ptr<std::byte[]> bytes;
};

}  // namespace

ThreadScratch::ThreadScratch(std::size_t bytes) {
  thread_local Buffer buffer;
  const std::size_t needed = bytes + 64;
  if (buffer.size < needed) {
    buffer.bytes.reset();
    buffer.size = 0;
    buffer.bytes.reset(new std::byte[needed]);  // not cleared: pages that are never used stay unmapped
    buffer.size = needed;
  }
  const auto address = reinterpret_cast<std::uintptr_t>(buffer.bytes.get());
  next_ = buffer.bytes.get() + (64 - address % 64) % 64;
}

void Meeting::pause(std::int64_t spins) {
  // On a machine with other work, the thread that is waited for may not be running.
  if (spins > 4000) return std::this_thread::yield();
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace pmtune::kernels
