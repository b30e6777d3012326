// Shows what files/ reads, for comparison with Python's gguf and safetensors packages (test_files_parity.py).
//   files_dump list FILE                      a JSON line {name, dtype, shape} for each tensor
//   files_dump dequantise FILE TENSOR         the tensor as f32, to standard output
//   files_dump quantise TYPE                  f32 from standard input, as blocks to standard output
//   files_dump copy IN.safetensors OUT.safetensors
//   files_dump adapter IN_FOLDER OUT_FOLDER   reads adapter_config.json and writes it anew
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <iterator>
#include <memory>
#include <pmtune/error.hpp>
#include <string>
#include <vector>

#include "base/fail.hpp"
#include "base/json.hpp"
#include "files/adapter_config.hpp"
#include "files/gguf.hpp"
#include "files/quantise.hpp"
#include "files/safetensors.hpp"

namespace {

using namespace pmtune;
using namespace pmtune::files;

// One of the two kinds of file, held open.
struct OpenFile {
  std::shared_ptr<const GgufFile> gguf;
  std::shared_ptr<const SafetensorsFile> safetensors;

  const std::vector<TensorView>& tensors() const { return gguf ? gguf->tensors() : safetensors->tensors(); }
  const TensorView* find(const std::string& name) const { return gguf ? gguf->find(name) : safetensors->find(name); }
};

OpenFile open(const std::string& path) {
  if (path.ends_with(".gguf")) return {GgufFile::open(path), nullptr};
  return {nullptr, SafetensorsFile::open(path)};
}

void list(const std::string& path) {
  for (const OpenFile file = open(path); const TensorView& tensor : file.tensors())
    std::puts(
        Json{{"name", tensor.name}, {"dtype", info(tensor.dtype).name}, {"shape", tensor.shape}}.dump().c_str());
}

void quantise_input(const std::string& type) {
  const std::string input(std::istreambuf_iterator<char>(std::cin), {});
  std::vector<float> numbers(input.size() / sizeof(float));
  std::memcpy(numbers.data(), input.data(), numbers.size() * sizeof(float));
  for (const DType dtype : {DType::q4_0, DType::q8_0, DType::nf4})
    if (info(dtype).name == type) {
      std::vector<std::byte> blocks(stored_bytes(dtype, numbers.size()));
      quantise(dtype, numbers.data(), numbers.size(), blocks.data());
      std::fwrite(blocks.data(), 1, blocks.size(), stdout);
      return;
    }
  fail(Code::invalid_argument, "There is no quantiser for ", type, "; choose q4_0, q8_0 or nf4.");
}

void dequantise_to_output(const std::string& path, const std::string& name) {
  const OpenFile file = open(path);
  const TensorView* tensor = file.find(name);
  if (tensor == nullptr) fail(Code::not_found, "There is no tensor ", name, " in ", path, "; list the file.");
  const std::size_t block = info(tensor->dtype).block;
  const std::size_t block_bytes = info(tensor->dtype).block_bytes;
  const auto count = static_cast<std::size_t>(tensor->count());
  std::vector<float> piece(block * 32768);
  for (std::size_t done = 0; done < count;) {
    const std::size_t now = std::min(piece.size(), count - done);
    dequantise(tensor->dtype, tensor->data + done / block * block_bytes, now, piece.data());
    if (std::fwrite(piece.data(), sizeof(float), now, stdout) != now)
      fail(Code::io, "Standard output cannot be written; check where it leads.");
    done += now;
  }
}

void copy(const std::string& from, const std::string& to) {
  const auto file = SafetensorsFile::open(from);
  write_safetensors(to, file->tensors(), file->metadata());
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "list") {
    list(words[1]);
  } else if (words.size() == 3 && words[0] == "dequantise") {
    dequantise_to_output(words[1], words[2]);
  } else if (words.size() == 2 && words[0] == "quantise") {
    quantise_input(words[1]);
  } else if (words.size() == 3 && words[0] == "copy") {
    copy(words[1], words[2]);
  } else if (words.size() == 3 && words[0] == "adapter") {
    write_adapter_config(words[2], read_adapter_config(words[1]));
  } else {
    std::fputs(
        "usage: files_dump list FILE | dequantise FILE TENSOR | quantise TYPE | copy IN OUT | "
        "adapter IN_FOLDER OUT_FOLDER\n",
        stderr);
    return 2;
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run(std::vector<std::string>(words + 1, words + count));
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
