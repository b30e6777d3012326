// Files that are there whole or not at all: written aside, synced, renamed, and the folder synced (a rename is only
// on disk once its folder is). A writer that is destroyed without commit() leaves nothing behind.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace pmtune {

class AtomicFile {
 public:
  // Opens a new file beside `path`, whose folder is created when missing. Throws io.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* bytes, std::size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();  // after this the file stands at its path, durably

 private:
  std::filesystem::path path_;
  std::filesystem::path aside_;
  int descriptor_ = -1;
};

// Throws io for what errno says: "The file PATH cannot be written (No space left on device); free some ...".
[[noreturn]] void fail_with_errno(const std::filesystem::path& path, const char* what);

void write_file_atomically(const std::filesystem::path& path, std::string_view text);

// The whole file as text; throws not_found, io, or invalid_argument when it is larger than max_bytes.
std::string read_text_file(const std::filesystem::path& path, std::size_t max_bytes = std::size_t{1} << 30);

// Makes the names inside a folder durable (fsync of the folder itself).
void sync_folder(const std::filesystem::path& folder);

}  // namespace pmtune
