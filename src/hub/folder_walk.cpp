#include "hub/folder_walk.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace pmtune::hub {
namespace fs = std::filesystem;

namespace {

bool can_be_shown(const std::string& name) {
  return find_invalid_utf8(name) == std::string::npos && std::none_of(name.begin(), name.end(), is_ascii_control);
}

}  // namespace

std::vector<std::string> FolderWalk::names(const fs::path& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (++entries_ > limits::most_folder_entries) break;
    std::string name = at->path().filename().string();
    if (name.front() != '.' && can_be_shown(name)) found.push_back(std::move(name));
  }
  std::sort(found.begin(), found.end());
  return found;
}

void FolderWalk::folders(const fs::path& root, const std::function<void(const fs::path&)>& visit, int depth) {
  if (!is_new(root)) return;
  visit(root);
  if (depth == 0) return;
  std::error_code error;
  for (const std::string& name : names(root))
    if (fs::is_directory(root / name, error)) folders(root / name, visit, depth - 1);
}

bool FolderWalk::is_new(const fs::path& folder) {
  struct stat about {};
  if (::stat(folder.c_str(), &about) != 0 || !S_ISDIR(about.st_mode)) return false;
  return seen_.emplace(about.st_dev, about.st_ino).second;
}

}  // namespace pmtune::hub
