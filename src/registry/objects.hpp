// Folders of files, named by their content. What stands at objects/HASH is whole: it was written aside, hashed,
// synced and only then renamed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace pmtune::registry {

struct StoredFolder {
  std::string hash;
  std::int64_t bytes = 0;
};

class ObjectStore {
 public:
  // Creates `folder` when missing and removes what writers left behind that died more than a day ago. Throws io.
  explicit ObjectStore(std::filesystem::path folder);

  // Lets `write` fill a new empty folder, then puts it in place. The same content is stored once. at_step is called
  // with "written", "hashed", "synced", "placed"; tests kill the process there. Throws what `write` throws, io,
  // invalid_argument (an empty folder, or something in it that is not a plain file or folder).
  StoredFolder put(const std::function<void(const std::filesystem::path&)>& write,
                   const std::function<void(const char*)>& at_step = {});

  std::filesystem::path path_of(const std::string& hash) const { return folder_ / hash; }

 private:
  std::filesystem::path fresh_aside() const;
  void place(const std::filesystem::path& aside, const std::string& hash) const;
  void sweep() const;
  std::filesystem::path folder_;
};

// SHA-256 over the relative names, sizes and contents of all files in the folder, sorted by name.
StoredFolder measure_folder(const std::filesystem::path& folder);

}  // namespace pmtune::registry
