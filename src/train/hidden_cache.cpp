#include "train/hidden_cache.hpp"

#include <ATen/ATen.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

#include "base/fail.hpp"
#include "base/log.hpp"

namespace pmtune::train {
namespace fs = std::filesystem;

namespace {

// A folder on disk: /tmp is memory on many machines.
fs::path disk_folder() {
  std::error_code ignored;
  const fs::path kept = "/var/tmp";
  return fs::is_directory(kept, ignored) && ::access(kept.c_str(), W_OK) == 0 ? kept
                                                                              : fs::temp_directory_path(ignored);
}

int open_nameless_file() {
  std::string path = (disk_folder() / "pmtune-hidden-XXXXXX").string();
  const int file = ::mkstemp(path.data());
  if (file >= 0) {
    ::unlink(path.c_str());
    ::fcntl(file, F_SETFD, FD_CLOEXEC);
  }
  return file;
}

// All of it, or false with errno.
template <class Transfer>
bool transfer_all(char* bytes, std::size_t size, std::int64_t offset, const Transfer& transfer) {
  while (size > 0) {
    const ssize_t done = transfer(bytes, size, static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return false;
    bytes += done;
    size -= static_cast<std::size_t>(done);
    offset += done;
  }
  return true;
}

}  // namespace

HiddenCache::HiddenCache(const std::vector<std::int64_t>& tokens, std::int64_t hidden)
    : first_row_{0}, filled_(tokens.size(), false), hidden_(hidden), file_(open_nameless_file()) {
  for (std::int64_t count : tokens) first_row_.push_back(first_row_.back() + count);
  if (file_ < 0) give_up("opened");
}

HiddenCache::~HiddenCache() {
  if (file_ >= 0) ::close(file_);
}

std::int64_t HiddenCache::offset(std::int64_t slot) const {
  return first_row_[static_cast<std::size_t>(slot)] * hidden_ * static_cast<std::int64_t>(sizeof(float));
}

void HiddenCache::store(std::int64_t slot, const at::Tensor& rows) {
  if (file_ < 0) return;
  const at::Tensor held = rows.to(at::kCPU).contiguous();
  const bool written =
      transfer_all(static_cast<char*>(held.data_ptr()), held.nbytes(), offset(slot),
                   [this](char* from, std::size_t size, off_t at) { return ::pwrite(file_, from, size, at); });
  if (!written) return give_up("written");
  filled_[static_cast<std::size_t>(slot)] = true;
}

void HiddenCache::load(std::int64_t slot, const std::vector<at::Tensor>& parts) const {
  std::int64_t rows = 0;
  for (const at::Tensor& part : parts) rows += part.size(0);
  at::Tensor held = at::empty({rows, hidden_}, at::kFloat);
  const bool read =
      transfer_all(static_cast<char*>(held.data_ptr()), held.nbytes(), offset(slot),
                   [this](char* to, std::size_t size, off_t at) { return ::pread(file_, to, size, at); });
  if (!read)
    fail(Code::io, "A temporary file in ", disk_folder().string(), " can't be read back (", std::strerror(errno),
         "); check the disk and train again.");
  rows = 0;
  for (at::Tensor part : parts) {
    part.copy_(held.narrow(0, rows, part.size(0)));
    rows += part.size(0);
  }
}

void HiddenCache::give_up(const char* what) {
  log(LogLevel::warning, concat("The layers that do not learn are computed anew in each epoch: a temporary file in ",
                                disk_folder().string(), " can't be ", what, " (", std::strerror(errno), ")."));
  if (file_ >= 0) ::close(file_);
  file_ = -1;
  filled_.assign(filled_.size(), false);
}

}  // namespace pmtune::train
