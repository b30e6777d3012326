// Runs every malformed file through its reader. Built plainly and with -fsanitize=address,undefined.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "../unit/files/builders.hpp"
#include "corpus.hpp"
#include "files/adapter_config.hpp"
#include "files/safetensors_folder.hpp"
#include "limits.hpp"

using namespace pmtune;
using namespace pmtune::hostile;
using pmtune::test::TempFolder;

namespace {

const char* file_name(Format format) {
  switch (format) {
    case Format::safetensors: return "x.safetensors";
    case Format::gguf: return "x.gguf";
    case Format::adapter_config: return "adapter_config.json";
    case Format::safetensors_index: return "model.safetensors.index.json";
  }
  return "";
}

// Reads every number of every tensor, so that a wrong size or place shows.
void touch(const std::vector<files::TensorView>& tensors, std::size_t file_bytes) {
  std::vector<float> numbers;
  for (const files::TensorView& tensor : tensors) {
    REQUIRE(tensor.bytes <= file_bytes);
    const files::DTypeInfo& format = files::info(tensor.dtype);
    const auto count = static_cast<std::size_t>(tensor.count());
    REQUIRE(count / format.block * format.block_bytes == tensor.bytes);
    numbers.resize(count);
    try {
      files::dequantise(tensor.dtype, tensor.data, count, numbers.data());
    } catch (const Error& error) {
      REQUIRE(error.code() == Code::unsupported);  // whole numbers are no weights
      REQUIRE(std::count(tensor.data, tensor.data + tensor.bytes, std::byte{0}) >= 0);
    }
  }
}

// Opens and uses the file; returns the Error's code and leaves its sentence in `message`.
std::optional<Code> verdict(Format format, const std::filesystem::path& path,
                            const std::function<void(const files::GgufFile&)>& use, std::string& message) {
  try {
    if (format == Format::safetensors) {
      touch(files::SafetensorsFile::open(path)->tensors(), std::filesystem::file_size(path));
    } else if (format == Format::gguf) {
      const auto file = files::GgufFile::open(path);
      touch(file->tensors(), std::filesystem::file_size(path));
      if (use) use(*file);
    } else if (format == Format::safetensors_index) {
      files::SafetensorsFolder::open(path.parent_path());
    } else {
      files::read_adapter_config(path.parent_path());
    }
    return std::nullopt;
  } catch (const Error& error) {
    message = error.what();
    return error.code();
  }
}

// What an index is about (safetensors_index_corpus).
void write_shards(const TempFolder& folder) {
  const auto shard = [](const std::string& name) {
    return test::safetensors("{\"" + name + R"(":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "data");
  };
  folder.write("one.safetensors", shard("a"));
  folder.write("two.safetensors", shard("b"));
  folder.write(
      "again.safetensors",
      test::safetensors(
          R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"c":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
          "morebyte"));
}

void run(const std::vector<HostileFile>& files) {
  const TempFolder folder;
  write_shards(folder);
  for (const HostileFile& file : files) {
    INFO(file.name);
    const auto path = folder.write(file_name(file.format), file.bytes());
    std::string message;
    const std::optional<Code> code = within_limits([&] { return verdict(file.format, path, file.use, message); });
    INFO(message);
    CHECK(code == file.code);
    CHECK(message.find(file.phrase) != std::string::npos);
    if (!code) continue;
    CHECK(message.find(folder.path().string()) != std::string::npos);
    CHECK(message.back() == '.');
    CHECK(message.size() < 700);
  }
}

std::string good_safetensors() {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("b":{"dtype":"BF16","shape":[5],"data_offsets":[24,34]},)"
      R"("c":{"dtype":"I64","shape":[],"data_offsets":[34,42]}})";
  return test::safetensors(header, std::string(42, '\x11'));
}

void every_prefix(Format format, const std::string& whole) {
  const TempFolder folder;
  std::string message;
  CHECK_FALSE(verdict(format, folder.write(file_name(format), whole), nullptr, message));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto path = folder.write(file_name(format), whole.substr(0, size));
    INFO(size, " bytes");
    CHECK(verdict(format, path, nullptr, message) == Code::corrupt);
  }
}

// Changes a few bytes, or puts a number that is often trouble somewhere, or takes bytes out, or repeats some.
std::string mutated(std::string bytes, std::mt19937_64& random) {
  const auto below = [&](std::size_t end) {
    return static_cast<std::size_t>(random() % std::max<std::size_t>(end, 1));
  };
  constexpr std::uint64_t trouble[] = {0,          1,       0x7F,       0xFF,       0x7FFFFFFF,       0x80000000,
                                       0xFFFFFFFF, 1 << 24, 1ULL << 32, 1ULL << 61, (1ULL << 63) - 1, 1ULL << 63,
                                       ~0ULL - 7,  ~0ULL};
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t at = below(bytes.size());
    const std::size_t rest = bytes.size() - at;
    switch (below(5)) {
      case 0: bytes[at] = static_cast<char>(random()); break;
      case 1: bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8))); break;
      case 2: {
        const std::string number = test::u64(trouble[below(std::size(trouble))]);
        bytes.replace(at, std::min<std::size_t>(rest, 8), number.substr(0, std::min<std::size_t>(rest, 8)));
        break;
      }
      case 3: bytes.erase(at, below(std::min<std::size_t>(rest, 16))); break;
      default: bytes.insert(at, bytes.substr(below(bytes.size()), below(16))); break;
    }
  }
  return bytes;
}

void two_thousand_mutations(Format format, const std::string& whole) {
  const TempFolder folder;
  std::mt19937_64 random(20250);
  int opened = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto path = folder.write(file_name(format), mutated(whole, random));
    INFO("mutation ", i);
    std::string message;
    const std::optional<Code> code = verdict(format, path, nullptr, message);
    opened += code ? 0 : 1;
    if (code) CHECK((code == Code::corrupt || code == Code::unsupported));
  }
  CHECK(opened > 0);     // else the mutations are too rough to reach far
  CHECK(opened < 2000);  // else nothing is checked
}

}  // namespace

TEST_CASE("hostile: every malformed safetensors file gets its verdict") { run(safetensors_corpus()); }
TEST_CASE("hostile: every malformed GGUF file gets its verdict") { run(gguf_corpus()); }
TEST_CASE("hostile: every malformed index of shards gets its verdict") { run(safetensors_index_corpus()); }
TEST_CASE("hostile: every malformed adapter_config.json gets its verdict") { run(adapter_config_corpus()); }

TEST_CASE("hostile: a GGUF file cut anywhere is corrupt") { every_prefix(Format::gguf, test::good_gguf().build()); }
TEST_CASE("hostile: a safetensors file cut anywhere is corrupt") {
  every_prefix(Format::safetensors, good_safetensors());
}

TEST_CASE("hostile: a changed GGUF file opens or is refused") {
  two_thousand_mutations(Format::gguf, test::good_gguf().build());
}
TEST_CASE("hostile: a changed safetensors file opens or is refused") {
  two_thousand_mutations(Format::safetensors, good_safetensors());
}
TEST_CASE("hostile: a changed adapter_config.json is read or is refused") {
  two_thousand_mutations(
      Format::adapter_config,
      R"({"peft_type":"LORA","r":8,"lora_alpha":16,"lora_dropout":0.1,"target_modules":["q_proj"],)"
      R"("bias":"none","use_rslora":false,"base_model_name_or_path":"a/b","rank_pattern":{}})");
}
