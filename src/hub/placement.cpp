#include "hub/placement.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "hub/gguf_name.hpp"
#include "hub/limits.hpp"

namespace pmtune::hub {
namespace fs = std::filesystem;

namespace {

constexpr const char* record_name = ".pmtune-pull.json";
constexpr const char* marker = "config.json";       // without it a folder is no model
using Record = std::map<std::string, std::string>;  // name -> checksum

// What was put there earlier; nothing when that cannot be read, so that it is looked at anew.
Record read_record(const fs::path& folder) {
  Record record;
  try {
    Json json;
    JsonFault fault;
    if (!parse_json(read_text_file(folder / record_name, limits::largest_listing), json, fault) || !json.is_object())
      return record;
    for (const auto& [name, checksum] : json.items())
      if (checksum.is_string()) record[name] = checksum.get<std::string>();
  } catch (const Error&) {
  }
  return record;
}

Record record_of(const std::vector<RemoteFile>& files) {
  Record record;
  for (const RemoteFile& file : files) record[file.name] = file.checksum.hex;
  return record;
}

void write_record(const fs::path& folder, const Record& record) {
  write_file_atomically(folder / record_name, Json(record).dump(1) + "\n");
}

bool has_size(const fs::path& path, std::int64_t size) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == static_cast<std::uintmax_t>(size) &&
         !error;
}

void create_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return;
  errno = error.value();
  fail_with_errno(folder, "cannot be created");
}

void move_file(const fs::path& from, const fs::path& to) {
  create_folder(to.parent_path());
  if (::rename(from.c_str(), to.c_str()) != 0) fail_with_errno(to, "cannot be put in place");
  sync_folder(to.parent_path());
}

fs::path without_trailing_slash(const fs::path& path) {
  const fs::path plain = fs::absolute(path).lexically_normal();
  return plain.has_filename() ? plain : plain.parent_path();
}

bool contains(const std::vector<RemoteFile>& files, const std::string& name) {
  return std::any_of(files.begin(), files.end(), [&](const RemoteFile& file) { return file.name == name; });
}

// A GGUF file or a part of one.
bool belongs_to_gguf(const std::string& name) {
  const std::size_t part = name.rfind(".part");
  return is_gguf(name) || (part != std::string::npos && is_gguf(name.substr(0, part)));
}

}  // namespace

Placement::Placement(const fs::path& target, const std::vector<RemoteFile>& files)
    : files_(files), one_gguf_(is_one_gguf(files)), target_(without_trailing_slash(target)) {
  if (one_gguf_) create_folder(target_);
  std::error_code error;
  inside_ = fs::is_directory(target_, error);
  gathering_ = inside_ ? target_ / ".pmtune-pull"
                       : target_.parent_path() / concat(".", target_.filename().string(), ".pmtune-pull");
  do create_folder(gathering_);
  while (!lock());
}

Placement::~Placement() {
  if (lock_ >= 0) ::close(lock_);
}

// The lock lies on the folder itself. False when the folder was put in place by another process meanwhile.
bool Placement::lock() {
  const int descriptor = ::open(gathering_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT) return false;
    fail_with_errno(gathering_, "cannot be opened");
  }
  struct stat held {
  }, named{};
  const bool locked = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
  const bool same = ::fstat(descriptor, &held) == 0 && ::stat(gathering_.c_str(), &named) == 0 &&
                    held.st_dev == named.st_dev && held.st_ino == named.st_ino;
  if (locked && same) {
    lock_ = descriptor;
    return true;
  }
  ::close(descriptor);
  if (locked) return false;
  fail(Code::busy, "Another process is fetching this model into ", target_.string(), "; wait for it, or stop it.");
}

void Placement::finish() {
  if (!one_gguf_) clear_superfluous();
  if (!inside_) {
    write_record(gathering_, record_of(files_));
    if (::rename(gathering_.c_str(), target_.c_str()) != 0) fail_with_errno(target_, "cannot be put in place");
    sync_folder(target_.parent_path());
    return;
  }
  Record record = read_record(target_);
  // What is about to come is on record before it comes, so that the next attempt knows it for ours even after a kill.
  for (const RemoteFile& file : files_) record[file.name] = "";
  write_record(target_, record);
  exchange(record);
  // Unless parts of other files wait there. Before the record, after which nothing is looked at any more.
  std::error_code error;
  fs::remove(gathering_, error);
  if (!one_gguf_) std::erase_if(record, [](const auto& entry) { return !is_gguf(entry.first); });
  for (const auto& [name, checksum] : record_of(files_)) record[name] = checksum;
  write_record(target_, record);
}

// What earlier attempts at other revisions left.
void Placement::clear_superfluous() const {
  std::error_code error;
  std::vector<fs::path> superfluous;
  for (fs::directory_iterator at(gathering_, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!contains(files_, name) && !belongs_to_gguf(name) && !at->is_directory(error))
      superfluous.push_back(at->path());
  }
  for (const fs::path& path : superfluous) fs::remove(path, error);
}

void Placement::exchange(const std::map<std::string, std::string>& record) const {
  std::error_code error;
  const bool has_marker = contains(files_, marker);
  // An unchanged marker is gathered again, so that it can come last.
  if (has_marker && fs::exists(target_ / marker, error)) {
    if (fs::exists(gathering_ / marker, error))
      fs::remove(target_ / marker, error);
    else
      move_file(target_ / marker, gathering_ / marker);
    sync_folder(target_);
  }
  for (const RemoteFile& file : files_) {
    if (file.name != marker && fs::exists(gathering_ / file.name, error))
      move_file(gathering_ / file.name, target_ / file.name);
    // The folder that it was gathered in; the gathering folder itself is still locked.
    if (fs::path(file.name).has_parent_path()) fs::remove((gathering_ / file.name).parent_path(), error);
  }
  // Of an earlier revision; the set is whole only without them.
  for (const auto& [name, checksum] : record)
    if (!one_gguf_ && !is_gguf(name) && !contains(files_, name) && fs::path(name).filename() == name)
      fs::remove(target_ / name, error);
  if (has_marker) move_file(gathering_ / marker, target_ / marker);
}

bool is_one_gguf(const std::vector<RemoteFile>& files) { return files.size() == 1 && is_gguf(files.front().name); }

bool is_placed(const fs::path& target, const std::vector<RemoteFile>& files) {
  const Record record = read_record(target);
  return std::all_of(files.begin(), files.end(), [&](const RemoteFile& file) {
    const auto found = record.find(file.name);
    return found != record.end() && found->second == file.checksum.hex && has_size(target / file.name, file.size);
  });
}

}  // namespace pmtune::hub
