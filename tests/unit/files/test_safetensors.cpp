#include <doctest/doctest.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <iterator>
#include <pmtune/error.hpp>
#include <vector>

#include "builders.hpp"
#include "files/safetensors.hpp"

using namespace pmtune;
using namespace pmtune::files;
using namespace pmtune::test;
namespace fs = std::filesystem;

namespace {

TensorView view(const std::string& name, DType dtype, std::vector<std::int64_t> shape, const std::string& bytes) {
  return {name, dtype, std::move(shape), reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()};
}

std::string bytes_of(const TensorView& tensor) { return {reinterpret_cast<const char*>(tensor.data), tensor.bytes}; }

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

Code code_of_writing(const fs::path& path, const std::vector<TensorView>& tensors,
                     const std::map<std::string, std::string>& metadata = {}) {
  try {
    write_safetensors(path, tensors, metadata);
  } catch (const Error& error) {
    return error.code();
  }
  FAIL("it was written");
  return Code::internal;
}

}  // namespace

TEST_CASE("safetensors: what is written is read again, in the same order") {
  const TempFolder folder;
  const std::string floats = raw(1.0F) + raw(-2.0F);
  const std::string odd = "abc";  // makes what follows unaligned
  const std::string halves(12, '\x3C');
  const std::string longs = raw(std::int64_t{-1});
  const std::string none;
  const std::vector<TensorView> written = {
      view("z \"first\"\n", DType::f32, {2}, floats), view("odd", DType::u8, {3}, odd),
      view("empty", DType::f16, {0, 4}, none),        view("a", DType::bf16, {2, 3}, halves),
      view("scalar", DType::i64, {}, longs),          view("日本", DType::boolean, {1, 1, 3}, odd)};
  const fs::path path = folder.path() / "new folder" / "out.safetensors";
  write_safetensors(path, written, {{"format", "pt"}, {"note", "a\\b\n"}});
  const auto file = SafetensorsFile::open(path);
  CHECK(file->metadata() == std::map<std::string, std::string>{{"format", "pt"}, {"note", "a\\b\n"}});
  REQUIRE(file->tensors().size() == written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    CHECK(file->tensors()[i].name == written[i].name);
    CHECK(file->tensors()[i].dtype == written[i].dtype);
    CHECK(file->tensors()[i].shape == written[i].shape);
    CHECK(bytes_of(file->tensors()[i]) == bytes_of(written[i]));
    CHECK(file->find(written[i].name) == &file->tensors()[i]);
  }
  CHECK(file->find("absent") == nullptr);
  CHECK(files_in(path.parent_path()) == 1);
}

TEST_CASE("safetensors: the data begins at a multiple of 8 bytes") {
  const TempFolder folder;
  const std::string number = raw(1.0F);
  for (std::size_t length = 1; length <= 9; ++length) {
    const fs::path path = folder.path() / "x.safetensors";
    write_safetensors(path, {view(std::string(length, 'n'), DType::f32, {1}, number)});
    CHECK(fs::file_size(path) % 8 == 4);
    CHECK(bytes_of(SafetensorsFile::open(path)->tensors()[0]) == number);
  }
}

TEST_CASE("safetensors: a file without tensors") {
  const TempFolder folder;
  write_safetensors(folder.path() / "x.safetensors", {});
  CHECK(SafetensorsFile::open(folder.path() / "x.safetensors")->tensors().empty());
}

TEST_CASE("safetensors: saving over the file that is mapped keeps the mapping whole") {
  const TempFolder folder;
  const fs::path path = folder.path() / "x.safetensors";
  const std::string before(40000, 'a');
  write_safetensors(path, {view("t", DType::u8, {40000}, before)});
  const auto old = SafetensorsFile::open(path);
  const std::string after = "b";
  TensorView kept = old->tensors()[0];  // its bytes are those of the mapping
  kept.name = "kept";
  write_safetensors(path, {view("t", DType::u8, {1}, after), kept});
  CHECK(bytes_of(old->tensors()[0]) == before);
  CHECK(bytes_of(*SafetensorsFile::open(path)->find("t")) == after);
  CHECK(bytes_of(*SafetensorsFile::open(path)->find("kept")) == before);
}

TEST_CASE("safetensors: what the reader would refuse is not written") {
  const TempFolder folder;
  const fs::path path = folder.path() / "x.safetensors";
  const std::string four = raw(1.0F);
  CHECK(code_of_writing(path, {view("a", DType::f32, {1}, four), view("a", DType::f32, {1}, four)}) ==
        Code::invalid_argument);
  CHECK(code_of_writing(path, {view("__metadata__", DType::f32, {1}, four)}) == Code::invalid_argument);
  CHECK(code_of_writing(path, {view("a", DType::f32, {2}, four)}) == Code::invalid_argument);
  CHECK(code_of_writing(path, {view("a", DType::f32, {-1}, four)}) == Code::invalid_argument);
  CHECK(code_of_writing(path, {view("a\xFF", DType::f32, {1}, four)}) == Code::invalid_argument);
  CHECK(code_of_writing(path, {view("a", DType::f32, {std::int64_t{1} << 62, 4}, std::string())}) ==
        Code::invalid_argument);
  CHECK(code_of_writing(path, {view("a", DType::f32, {1}, four)}, {{"k", "\xFF"}}) == Code::invalid_argument);
  CHECK(code_of_writing(path, {view("a", DType::q4_0, {32}, std::string(18, 'x'))}) == Code::unsupported);
  CHECK(files_in(folder.path()) == 0);
}

TEST_CASE("safetensors: a disk that fills up leaves nothing behind, and an older file as it was") {
  const TempFolder folder;
  const fs::path path = folder.path() / "x.safetensors";
  const std::string small = "s";
  write_safetensors(path, {view("t", DType::u8, {1}, small)});

  // A limit on the size of files fails a write in its middle, as a full disk does.
  const std::string large(std::size_t{1} << 20, 'l');
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit lowered = before;
  lowered.rlim_cur = 65536;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &lowered) == 0);
  const Code code = code_of_writing(path, {view("t", DType::u8, {1 << 20}, large)});
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);

  CHECK(code == Code::io);
  CHECK(files_in(folder.path()) == 1);
  CHECK(bytes_of(SafetensorsFile::open(path)->tensors()[0]) == small);
}

TEST_CASE("safetensors: a hundred thousand tensors open and are written within a second or two") {
  const TempFolder folder;
  const fs::path path = folder.path() / "many.safetensors";
  const std::string number = raw(1.0F);
  std::vector<TensorView> tensors;
  for (int i = 0; i < 100000; ++i) tensors.push_back(view("layer." + std::to_string(i), DType::f32, {1}, number));
  const auto start = std::chrono::steady_clock::now();
  write_safetensors(path, tensors);
  CHECK(SafetensorsFile::open(path)->tensors().size() == tensors.size());
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}
