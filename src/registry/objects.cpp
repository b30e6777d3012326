#include "registry/objects.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/sha256.hpp"

namespace pmtune::registry {
namespace fs = std::filesystem;
namespace {

constexpr const char* aside_prefix = ".incoming-";
constexpr auto stale_after = std::chrono::hours(24);

[[noreturn]] void fail_io(const fs::path& path, const char* what, const std::error_code& error) {
  fail(Code::io, path.string(), " cannot be ", what, " (", error.message(), "); check permissions and free space.");
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code unknown;
    const fs::file_status status = at->symlink_status(unknown);
    if (fs::is_directory(status)) continue;
    if (!fs::is_regular_file(status))
      fail(Code::invalid_argument, at->path().string(), " is not a plain file; an adapter folder holds files only.");
    files.push_back(at->path());
  }
  if (error) fail_io(folder, "read", error);
  std::sort(files.begin(), files.end());
  return files;
}

void sync_file(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int reason = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!done) fail_io(path, "written to disk", std::error_code(reason, std::generic_category()));
}

void sync_tree(const fs::path& folder) {
  for (const fs::path& file : files_in(folder)) sync_file(file);
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->is_directory(error)) sync_folder(at->path());
  if (error) fail_io(folder, "read", error);
  sync_folder(folder);
}

// Removes the folder unless told that it has been moved away.
class Aside {
 public:
  explicit Aside(fs::path path) : path_(std::move(path)) {}
  ~Aside() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

StoredFolder measure_folder(const fs::path& folder) {
  StoredFolder result;
  Sha256 sum;
  for (const fs::path& file : files_in(folder)) {
    const std::string name = file.lexically_relative(folder).generic_string();
    std::error_code error;
    const std::uintmax_t size = fs::file_size(file, error);
    if (error) fail_io(file, "read", error);
    // Each part is closed by a zero byte or has a fixed length, so that no two folders spell the same sum.
    sum.update(name).update(std::string_view("\0", 1)).update(std::to_string(size)).update(std::string_view("\0", 1));
    sum.update(sha256_of_file(file));
    result.bytes += static_cast<std::int64_t>(size);
  }
  result.hash = sum.hex();
  return result;
}

ObjectStore::ObjectStore(fs::path folder) : folder_(std::move(folder)) {
  std::error_code error;
  if (fs::create_directories(folder_, error)) sync_folder(folder_.parent_path());
  if (error) fail_io(folder_, "created", error);
  sweep();
}

fs::path ObjectStore::fresh_aside() const {
  static std::atomic<unsigned> counter{0};
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  return folder_ / concat(aside_prefix, ::getpid(), "-", now, "-", counter++);
}

StoredFolder ObjectStore::put(const std::function<void(const fs::path&)>& write,
                              const std::function<void(const char*)>& at_step) {
  auto reached = [&](const char* step) {
    if (at_step) at_step(step);
  };
  const Aside aside(fresh_aside());
  std::error_code error;
  if (!fs::create_directory(aside.path(), error)) fail_io(aside.path(), "created", error);
  write(aside.path());
  reached("written");
  const StoredFolder stored = measure_folder(aside.path());
  if (files_in(aside.path()).empty()) fail(Code::invalid_argument, "The adapter to register holds no files.");
  reached("hashed");
  sync_tree(aside.path());
  reached("synced");
  place(aside.path(), stored.hash);
  reached("placed");
  return stored;
}

void ObjectStore::place(const fs::path& aside, const std::string& hash) const {
  const fs::path target = path_of(hash);
  std::error_code error;
  fs::rename(aside, target, error);
  std::error_code unknown;
  if (error && fs::is_directory(target, unknown)) {
    // It is there already. Keep it when it is what it claims to be; put a damaged one out of the way, to be swept
    // later.
    if (measure_folder(target).hash == hash) return;
    fs::rename(target, fresh_aside(), error);
    if (!error) fs::rename(aside, target, error);
  }
  if (error) fail_io(target, "put in place", error);
  sync_folder(folder_);
}

void ObjectStore::sweep() const {
  std::error_code error;
  std::vector<fs::path> stale;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    if (at->path().filename().string().rfind(aside_prefix, 0) != 0) continue;
    std::error_code unknown;
    const auto age = fs::file_time_type::clock::now() - fs::last_write_time(at->path(), unknown);
    if (!unknown && age > stale_after) stale.push_back(at->path());
  }
  for (const fs::path& path : stale) fs::remove_all(path, error);
}

}  // namespace pmtune::registry
