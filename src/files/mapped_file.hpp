// A file mapped into memory, read only. Mapping costs nothing until a page is touched, so a 2 GB model opens at once
// and its pages can be dropped by the system whenever memory is short.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace pmtune::files {

class MappedFile {
 public:
  // Throws not_found, invalid_argument (a folder), io. An empty file maps to an empty span.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::span<const std::byte> bytes_;
};

}  // namespace pmtune::files
