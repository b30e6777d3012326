#include "data/line_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"

namespace pmtune::data {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::size_t piece = 65536;

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

// Makes the name of a new file durable, and those of its folders, any of which may be new as well.
void sync_folders_of(const fs::path& path) {
  std::error_code error;
  for (fs::path at = fs::absolute(path, error); !error && at.has_relative_path(); at = at.parent_path())
    sync_folder(at.parent_path());
}

}  // namespace

LineFile::LineFile(fs::path path, Use use) : path_(std::move(path)) {
  try {
    open(use);
    if (descriptor_ >= 0) lock(use);
  } catch (...) {
    if (descriptor_ >= 0) ::close(descriptor_);
    throw;
  }
}

LineFile::~LineFile() {
  if (descriptor_ >= 0) ::close(descriptor_);  // which gives up the lock
}

void LineFile::open(Use use) {
  std::error_code error;
  if (use == Use::append) fs::create_directories(folder_of(path_), error);
  // O_NONBLOCK: a pipe of that name must not make us wait for its other end.
  const int flags = (use == Use::append ? O_RDWR | O_CREAT | O_APPEND : O_RDONLY) | O_CLOEXEC | O_NONBLOCK;
  descriptor_ = ::open(path_.c_str(), flags, 0644);
  if (descriptor_ < 0 && errno == ENOENT && use == Use::read) return;
  struct stat about {};
  if (descriptor_ < 0 ? errno == EISDIR : ::fstat(descriptor_, &about) == 0 && !S_ISREG(about.st_mode))
    fail(Code::invalid_argument, path_.string(), " is not a plain file; name a file such as inbox.jsonl.");
  if (descriptor_ < 0) fail_with_errno(path_, "cannot be opened");
}

// Not a waiting flock(): a process that was stopped while it held the lock must not stop us for good.
void LineFile::lock(Use use) {
  const int kind = (use == Use::append ? LOCK_EX : LOCK_SH) | LOCK_NB;
  const auto end = std::chrono::steady_clock::now() + patience;
  while (::flock(descriptor_, kind) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) fail_with_errno(path_, "cannot be locked");
    if (std::chrono::steady_clock::now() > end)
      fail(Code::busy, "The file ", path_.string(), " is in use by another program; try again in a moment.");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::int64_t LineFile::size() const {
  struct stat about {};
  if (::fstat(descriptor_, &about) != 0) fail_with_errno(path_, "cannot be looked at");
  return about.st_size;
}

bool LineFile::ends_a_line(std::int64_t size) const {
  char last = '\n';
  if (size > 0 && ::pread(descriptor_, &last, 1, size - 1) != 1) fail_with_errno(path_, "cannot be read");
  return last == '\n';
}

void LineFile::append(std::string_view line, const std::function<void(const char*)>& at_step) {
  const auto reached = [&](const char* step) {
    if (at_step) at_step(step);
  };
  reached("locked");
  const std::int64_t before = size();
  std::string text = ends_a_line(before) ? "" : "\n";  // the line before was cut short: it stays a line of its own
  text.append(line).push_back('\n');
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t done = ::write(descriptor_, text.data() + written, text.size() - written);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) break;
    written += static_cast<std::size_t>(done);
  }
  if (written == text.size()) reached("written");
  if (written < text.size() || ::fdatasync(descriptor_) != 0) {
    const int reason = errno;
    if (::ftruncate(descriptor_, before) != 0) {
    }  // then readers find a line that was cut short, which they can bear
    errno = reason;
    fail_with_errno(path_, "cannot be written");
  }
  if (before == 0) sync_folders_of(path_);  // it was created just now, here or by one who was killed
  reached("synced");
}

void LineFile::read(const std::function<void(const Line&)>& visit) const {
  if (descriptor_ < 0) return;
  std::string buffer(piece, '\0'), text;
  Line line{1, {}, false};
  const auto end_line = [&] {
    line.text = line.too_long ? std::string_view() : text;
    if (line.too_long || !text.empty()) visit(line);
    text.clear();
    line = {line.number + 1, {}, false};
  };
  for (std::int64_t at = 0;;) {
    const ssize_t got = ::pread(descriptor_, buffer.data(), buffer.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_with_errno(path_, "cannot be read");
    if (got == 0) break;
    at += got;
    std::string_view rest(buffer.data(), static_cast<std::size_t>(got));
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      const std::string_view part = rest.substr(0, end);
      line.too_long = line.too_long || text.size() + part.size() > most_line_bytes;
      if (line.too_long)
        text.clear();
      else
        text.append(part);
      if (end == std::string_view::npos) break;
      end_line();
      rest.remove_prefix(end + 1);
    }
  }
  end_line();
}

}  // namespace pmtune::data
