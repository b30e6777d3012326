// Runs the files named, and those of the folders named, through a target: what fuzzing has found stays found.
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "target.hpp"

namespace fs = std::filesystem;

namespace {

constexpr unsigned seconds_for_a_file = 5;

void replay(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  // The signal's default is to end the process, which fails the test; the name above it says which file.
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);
  ::alarm(seconds_for_a_file);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  ::alarm(0);
}

}  // namespace

int main(int count, char** words) {
  int files = 0;
  for (int i = 1; i < count; ++i) {
    std::vector<fs::path> paths;
    if (fs::is_directory(words[i]))
      for (const auto& entry : fs::directory_iterator(words[i])) paths.push_back(entry.path());
    else
      paths.emplace_back(words[i]);
    for (const fs::path& path : paths) {
      replay(path);
      ++files;
    }
  }
  std::printf("%d files\n", files);
  return files > 0 ? 0 : 1;
}
