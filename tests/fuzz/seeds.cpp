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

const char* folder_of(hostile::Format format) {
  switch (format) {
    case hostile::Format::safetensors: return "safetensors";
    case hostile::Format::gguf: return "gguf";
    case hostile::Format::adapter_config: return "adapter_config";
  }
  return "";
}

void write(const fs::path& path, const std::string& bytes) {
  if (bytes.size() > largest_seed) return;
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: fuzz_seeds FOLDER\n", stderr);
    return 2;
  }
  const fs::path folder = words[1];
  int number = 0;
  for (const hostile::HostileFile& file : hostile::corpus())
    write(folder / folder_of(file.format) / ("hostile-" + std::to_string(number++)), file.bytes());
  write(folder / "gguf" / "right", test::good_gguf().build());
  return 0;
}
