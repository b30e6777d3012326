// Looking through folders of others: bounded in depth and number, safe against links that lead in circles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "hub/limits.hpp"

namespace pmtune::hub {

class FolderWalk {
 public:
  // The names in the folder, sorted; empty when it cannot be read. Left out are hidden ones and those that cannot be
  // shown (not UTF-8, control characters). Counts towards the bound of the whole walk.
  std::vector<std::string> names(const std::filesystem::path& folder);

  // Calls visit(path) for the folder and the folders below it, those behind links too, none of them twice.
  void folders(const std::filesystem::path& root, const std::function<void(const std::filesystem::path&)>& visit,
               int depth = limits::deepest_folder);

 private:
  bool is_new(const std::filesystem::path& folder);

  std::set<std::pair<std::uint64_t, std::uint64_t>> seen_;  // device and number of each folder
  std::size_t entries_ = 0;
};

}  // namespace pmtune::hub
