#include "base/atomic_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/fail.hpp"
#include "base/utf8.hpp"

namespace pmtune {
namespace fs = std::filesystem;

namespace {

std::atomic<unsigned> counter{0};

// A name that no other writer of this machine uses at this moment. A long name is shortened: with what is added it
// would be longer than file systems allow.
fs::path aside_name(const fs::path& path) {
  std::string name = path.filename().string().substr(0, 160);
  name.resize(whole_characters(name));
  return path.parent_path() / concat(".", name, ".", ::getpid(), ".", counter++, ".part");
}

}  // namespace

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), aside_(aside_name(path_)) {
  std::error_code error;
  if (!path_.parent_path().empty()) fs::create_directories(path_.parent_path(), error);
  descriptor_ = ::open(aside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail_with_errno(path_, "cannot be created");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
    ::unlink(aside_.c_str());
  }
}

void AtomicFile::write(const void* bytes, std::size_t size) {
  const char* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t done = ::write(descriptor_, at, size);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail_with_errno(path_, "cannot be written");
    at += done;
    size -= static_cast<std::size_t>(done);
  }
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail_with_errno(path_, "cannot be written to disk");
  const int closing = descriptor_;
  descriptor_ = -1;
  if (::close(closing) != 0 || ::rename(aside_.c_str(), path_.c_str()) != 0) {
    const int reason = errno;
    ::unlink(aside_.c_str());
    errno = reason;
    fail_with_errno(path_, "cannot be put in place");
  }
  sync_folder(path_.parent_path().empty() ? fs::path(".") : path_.parent_path());
}

void fail_with_errno(const fs::path& path, const char* what) {
  const int reason = errno;
  const char* cure = reason == ENOSPC || reason == EDQUOT ? "free some disk space or choose another folder"
                     : reason == EACCES || reason == EPERM || reason == EROFS
                         ? "choose a folder that you may write to"
                         : "check the folder and try again";
  fail(Code::io, "The file ", path.string(), " ", what, " (", std::strerror(reason), "); ", cure, ".");
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

std::string read_text_file(const fs::path& path, std::size_t max_bytes) {
  std::error_code error;
  if (!fs::exists(path, error)) fail(Code::not_found, "There is no file ", path.string(), "; check the path.");
  if (fs::is_directory(path, error)) fail(Code::invalid_argument, path.string(), " is a folder; name a file in it.");
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(Code::io, "The file ", path.string(), " cannot be opened; check its permissions.");
  std::string text;
  char buffer[65536];
  while (file.read(buffer, sizeof buffer) || file.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(file.gcount()));
    if (text.size() > max_bytes)
      fail(Code::invalid_argument, "The file ", path.string(), " is larger than ", max_bytes,
           " bytes, the most that is read here.");
  }
  if (file.bad()) fail(Code::io, "The file ", path.string(), " could not be read to its end.");
  return text;
}

void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;  // some file systems do not let a folder be opened; the rename itself has happened
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace pmtune
