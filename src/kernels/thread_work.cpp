#include "kernels/thread_work.hpp"

#include <memory>

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

}  // namespace pmtune::kernels
