// fuzz_seeds FOLDER: writes every malformed file of tests/hostile that is small, and right ones, as seeds for
// fuzzing, into FOLDER/safetensors, FOLDER/gguf, FOLDER/adapter_config.
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "hostile/corpus.hpp"
#include "unit/files/builders.hpp"

namespace fs = std::filesystem;
using namespace pmtune;

namespace {

constexpr std::size_t largest_seed = 4096;

void write(const fs::path& path, const std::string& bytes) {
  if (bytes.size() > largest_seed) return;
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

void write_small(const fs::path& folder, const std::vector<hostile::HostileFile>& files) {
  for (std::size_t i = 0; i < files.size(); ++i) write(folder / ("hostile-" + std::to_string(i)), files[i].bytes());
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: fuzz_seeds FOLDER\n", stderr);
    return 2;
  }
  const fs::path folder = words[1];
  write_small(folder / "safetensors", hostile::safetensors_corpus());
  write_small(folder / "gguf", hostile::gguf_corpus());
  write_small(folder / "adapter_config", hostile::adapter_config_corpus());
  write(folder / "gguf" / "right", test::good_gguf().build());
  return 0;
}
