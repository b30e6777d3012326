#include "base/atomic_file.hpp"

#include <doctest/doctest.h>
#include <unistd.h>
#include <pmtune/error.hpp>

#include <filesystem>

#include "base/fail.hpp"

using namespace pmtune;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / concat("pmtune-atomic-", ::getpid());
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
};

}  // namespace

TEST_CASE("atomic file: there after commit, and not before") {
  const Folder folder;
  const fs::path path = folder.path / "new" / "file.txt";
  AtomicFile file(path);
  file.write("one ");
  file.write(std::string(100'000, 'x'));
  CHECK_FALSE(fs::exists(path));
  file.commit();
  CHECK(read_text_file(path) == "one " + std::string(100'000, 'x'));
}

TEST_CASE("atomic file: without commit nothing stays and the old file is whole") {
  const Folder folder;
  const fs::path path = folder.path / "file.txt";
  write_file_atomically(path, "old");
  {
    AtomicFile file(path);
    file.write("new");
  }
  CHECK(read_text_file(path) == "old");
  CHECK(folder.entries() == 1);
  write_file_atomically(path, "new");
  CHECK(read_text_file(path) == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("atomic file: a failure leaves nothing behind and says what to do") {
  const Folder folder;
  fs::create_directories(folder.path / "taken" / "inner");
  CHECK_THROWS_AS(write_file_atomically(folder.path / "taken", "text"), Error);
  CHECK(folder.entries() == 1);
  write_file_atomically(folder.path / "plain", "text");
  CHECK_THROWS_AS(write_file_atomically(folder.path / "plain" / "below", "text"), Error);
  CHECK(folder.entries() == 2);
}

TEST_CASE("atomic file: the longest name that file systems allow") {
  const Folder folder;
  const fs::path path = folder.path / std::string(255, 'n');
  write_file_atomically(path, "text");
  CHECK(read_text_file(path) == "text");
}

TEST_CASE("reading a text file: what can go wrong") {
  const Folder folder;
  const auto code_of = [](const fs::path& path, std::size_t most) {
    try {
      read_text_file(path, most);
    } catch (const Error& error) {
      return error.code();
    }
    return Code::internal;
  };
  write_file_atomically(folder.path / "ten", "0123456789");
  CHECK(code_of(folder.path / "none", 100) == Code::not_found);
  CHECK(code_of(folder.path, 100) == Code::invalid_argument);
  CHECK(code_of(folder.path / "ten", 9) == Code::invalid_argument);
  CHECK(read_text_file(folder.path / "ten", 10) == "0123456789");
}
