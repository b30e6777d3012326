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

  // Throws io when another program has cut the file since: touching a page beyond its new end would end the process
  // with SIGBUS. To be called before weights are read. (Replacing the file by rename, as AtomicFile does, is
  // harmless: the mapping keeps the old contents.)
  void check_not_shortened() const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;  // kept open, so that the mapped file itself is asked and not a new one of the same name
  std::span<const std::byte> bytes_;
};

// Pages of a mapped file that were read and are not needed again leave this process's memory; read again, they come
// back from the file.
void forget_pages(std::span<const std::byte> bytes);

}  // namespace pmtune::files
