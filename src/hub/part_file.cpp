#include "hub/part_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <vector>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "hub/limits.hpp"

namespace pmtune::hub {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t block = std::size_t{4} << 20;

Json description(const RemoteFile& file) {
  return {{"size", file.size},
          {"checksum", file.checksum.hex},
          {"kind", file.checksum.kind == Checksum::Kind::sha256 ? "sha256" : "git"}};
}

// The ETag of the bytes that are there, when they belong to this very file.
std::optional<std::string> etag_of_same(const fs::path& about, const RemoteFile& file) {
  try {
    Json json;
    JsonFault fault;
    if (!parse_json(read_text_file(about, limits::largest_small_text), json, fault) || !json.is_object())
      return std::nullopt;
    const Json etag = json.value("etag", Json());
    json.erase("etag");
    if (json != description(file) || !etag.is_string()) return std::nullopt;
    return etag.get<std::string>();
  } catch (const Error&) {
    return std::nullopt;
  }
}

// Feeds the sum with what can be read; returns the number of bytes, or -1 when reading failed.
std::int64_t sum_up(int descriptor, Digest& sum, const std::function<void(std::int64_t)>& on_read) {
  std::vector<char> buffer(block);
  for (std::int64_t total = 0;;) {
    const ssize_t got = ::pread(descriptor, buffer.data(), buffer.size(), total);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) return total;
    sum.update(buffer.data(), static_cast<std::size_t>(got));
    total += got;
    on_read(got);
  }
}

}  // namespace

PartFile::PartFile(fs::path path, const RemoteFile& file, const std::function<void(std::int64_t)>& on_read)
    : path_(std::move(path)), part_(path_.string() + ".part"), about_(path_.string() + ".part.json"), file_(file) {
  descriptor_ = ::open(part_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor_ < 0) fail_with_errno(part_, "cannot be created");
  try {
    read_back(on_read);
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

PartFile::~PartFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void PartFile::read_back(const std::function<void(std::int64_t)>& on_read) {
  struct stat about {};
  if (::fstat(descriptor_, &about) != 0 || !S_ISREG(about.st_mode)) fail_with_errno(part_, "cannot be used");
  const auto etag = etag_of_same(about_, file_);
  if (!etag || about.st_size > file_.size) return restart("");
  etag_ = *etag;
  sum_.emplace(begin_sum(file_.checksum.kind, file_.size));
  length_ = sum_up(descriptor_, *sum_, on_read);
  if (length_ < 0) fail_with_errno(part_, "cannot be read");
  if (::lseek(descriptor_, length_, SEEK_SET) < 0) fail_with_errno(part_, "cannot be read");
  one_piece_ = length_ == 0;
}

// First emptied, then described: killed between the two, it is an empty file of whatever kind. A description that is
// cut off or lost means no more than beginning anew, so it needs no care.
void PartFile::restart(const std::string& etag) {
  if (::ftruncate(descriptor_, 0) != 0 || ::lseek(descriptor_, 0, SEEK_SET) != 0)
    fail_with_errno(part_, "cannot be emptied");
  Json about = description(file_);
  about["etag"] = etag;
  std::ofstream(about_, std::ios::trunc) << about.dump() << '\n';
  etag_ = etag;
  length_ = 0;
  one_piece_ = true;
  sum_.reset();
  sum_.emplace(begin_sum(file_.checksum.kind, file_.size));
}

void PartFile::append(std::string_view bytes) {
  sum_->update(bytes);
  while (!bytes.empty()) {
    const ssize_t done = ::write(descriptor_, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail_with_errno(part_, "cannot be written");
    length_ += done;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
}

bool PartFile::is_right() { return sum_->hex() == file_.checksum.hex; }

void PartFile::finish() {
  if (::fsync(descriptor_) != 0) fail_with_errno(part_, "cannot be written to disk");
  if (::rename(part_.c_str(), path_.c_str()) != 0) fail_with_errno(part_, "cannot be put in place");
  sync_folder(path_.parent_path());
  ::unlink(about_.c_str());
}

void PartFile::discard() const {
  ::unlink(part_.c_str());
  ::unlink(about_.c_str());
}

void forget_part(const fs::path& path) { ::unlink((path.string() + ".part.json").c_str()); }

bool is_there(const fs::path& path, const RemoteFile& file, const std::function<void(std::int64_t)>& on_read) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error || size != static_cast<std::uintmax_t>(file.size)) return false;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  std::int64_t read = 0;
  Digest sum = begin_sum(file.checksum.kind, file.size);
  bool whole = false;
  try {
    whole = sum_up(descriptor, sum, [&](std::int64_t bytes) { read += bytes, on_read(bytes); }) == file.size;
  } catch (...) {
    ::close(descriptor);
    throw;
  }
  ::close(descriptor);
  if (whole && sum.hex() == file.checksum.hex) return true;
  on_read(-read);
  return false;
}

}  // namespace pmtune::hub
