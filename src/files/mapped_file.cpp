#include "files/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/fail.hpp"

namespace pmtune::files {
namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail_to_open(const fs::path& path, int reason) {
  if (reason == ENOENT || reason == ENOTDIR)
    fail(Code::not_found, "There is no file ", path.string(), "; check the path.");
  const char* cure =
      reason == EACCES || reason == EPERM ? "ask for the right to read it" : "check the disk and try again";
  fail(Code::io, "The file ", path.string(), " cannot be opened (", std::strerror(reason), "); ", cure, ".");
}

// Opened without waiting, so that a named pipe is refused at once instead of holding the program.
int open_for_reading(const fs::path& path) {
  for (;;) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor >= 0) return descriptor;
    if (errno != EINTR) fail_to_open(path, errno);
  }
}

std::size_t size_of_regular_file(int descriptor, const fs::path& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) fail_to_open(path, errno);
  if (S_ISDIR(status.st_mode))
    fail(Code::invalid_argument, "The path ", path.string(), " is a folder; name a file in it.");
  if (!S_ISREG(status.st_mode))
    fail(Code::invalid_argument, "The path ", path.string(), " is a device or a pipe; name an ordinary file.");
  return static_cast<std::size_t>(status.st_size);
}

}  // namespace

MappedFile::MappedFile(const fs::path& path) : path_(path), descriptor_(open_for_reading(path)) {
  try {
    const std::size_t size = size_of_regular_file(descriptor_, path_);
    if (size == 0) return;  // mmap refuses a length of 0
    void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor_, 0);
    if (start == MAP_FAILED) fail_to_open(path_, errno);
    bytes_ = {static_cast<const std::byte*>(start), size};
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  ::close(descriptor_);
}

void MappedFile::check_not_shortened() const {
  if (size_of_regular_file(descriptor_, path_) >= bytes_.size()) return;
  fail(Code::io, "The file ", path_.string(),
       " was shortened by another program while it was in use; restore it and open it again.");
}

void forget_pages(std::span<const std::byte> bytes) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  // Whole pages only: the first and the last may hold what others need.
  const std::uintptr_t begin = (reinterpret_cast<std::uintptr_t>(bytes.data()) + page - 1) / page * page,
                       end = reinterpret_cast<std::uintptr_t>(bytes.data() + bytes.size()) / page * page;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace pmtune::files
