// A folder of its own for each test, gone afterwards.
#pragma once

#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "base/fail.hpp"

namespace pmtune::test {

class RegistryFolder {
 public:
  RegistryFolder() {
    static std::atomic<int> counter{0};
    path_ = std::filesystem::temp_directory_path() / concat("pmtune-registry-test-", ::getpid(), "-", counter++);
    std::filesystem::remove_all(path_);
  }
  ~RegistryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  RegistryFolder(const RegistryFolder&) = delete;
  RegistryFolder& operator=(const RegistryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace pmtune::test
