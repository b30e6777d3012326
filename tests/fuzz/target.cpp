#include "target.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <pmtune/error.hpp>
#include <vector>

#include "base/utf8.hpp"

namespace pmtune::fuzz {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_sentence = 2000;

class ScratchFolder {
 public:
  ScratchFolder() {
    const fs::path memory = "/dev/shm";
    std::string name = ((fs::exists(memory) ? memory : fs::temp_directory_path()) / "pmtune-fuzz-XXXXXX").string();
    require(::mkdtemp(name.data()) != nullptr, "a temporary folder can be made");
    path = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

}  // namespace

void require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

const fs::path& folder() {
  static const ScratchFolder scratch;
  return scratch.path;
}

fs::path write(const std::string& name, std::string_view bytes) {
  const fs::path path = folder() / name;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  require(static_cast<bool>(file.flush()), "the scratch folder can be written");
  return path;
}

bool accepted(const std::function<void()>& load) {
  try {
    load();
    return true;
  } catch (const Error& error) {
    const std::string sentence = error.what();
    const bool blames_input =
        error.code() == Code::corrupt || error.code() == Code::unsupported || error.code() == Code::invalid_argument;
    require(blames_input, "an error of loading blames the input: " + sentence);
    require(!sentence.empty() && sentence.size() <= longest_sentence, "an error is one sentence: " + sentence);
    require(find_invalid_utf8(sentence) == std::string_view::npos, "an error is UTF-8: " + sentence);
    return false;
  }
}

void check_tensor(const files::TensorView& tensor, std::string_view file) {
  const files::DTypeInfo& format = files::info(tensor.dtype);
  const auto count = static_cast<std::size_t>(tensor.count());
  require(count % format.block == 0 && count / format.block * format.block_bytes == tensor.bytes,
          "a tensor has the bytes that its shape says");
  require(tensor.bytes <= file.size(), "a tensor is no larger than its file");
  if (tensor.bytes == 0) return;
  // A mapping begins with a page; a file of one page is wholly in the page of its tensors.
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(tensor.data) % page;
  if (file.size() <= page) {
    require(offset + tensor.bytes <= file.size(), "a tensor lies within its file");
    require(std::memcmp(tensor.data, file.data() + offset, tensor.bytes) == 0, "a tensor is what its file holds");
  }
  std::vector<float> numbers(count);
  accepted([&] { files::dequantise(tensor.dtype, tensor.data, count, numbers.data()); });
}

}  // namespace pmtune::fuzz
