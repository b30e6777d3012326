#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pmtune/error.hpp>

#include "builders.hpp"
#include "files/mapped_file.hpp"

using namespace pmtune;
using pmtune::files::MappedFile;
using pmtune::test::TempFolder;

namespace {

Code code_of_opening(const std::filesystem::path& path) {
  try {
    const MappedFile file(path);
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find(path.string()) != std::string::npos);
    return error.code();
  }
  FAIL("it was opened");
  return Code::internal;
}

}  // namespace

TEST_CASE("a mapped file shows its bytes") {
  const TempFolder folder;
  const MappedFile file(folder.write("a", "hello"));
  REQUIRE(file.bytes().size() == 5);
  CHECK(file.bytes()[4] == std::byte{'o'});
  CHECK(MappedFile(folder.write("empty", "")).bytes().empty());
}

TEST_CASE("what is no ordinary file is refused, and a pipe does not hold the program") {
  const TempFolder folder;
  CHECK(code_of_opening(folder.path() / "none") == Code::not_found);
  CHECK(code_of_opening(folder.write("a", "x") / "below") == Code::not_found);
  CHECK(code_of_opening(folder.path()) == Code::invalid_argument);
  CHECK(code_of_opening("/dev/null") == Code::invalid_argument);
  const std::filesystem::path pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(code_of_opening(pipe) == Code::invalid_argument);
}

TEST_CASE("a file shortened while mapped is noticed, a file replaced is not touched") {
  const TempFolder folder;
  const auto path = folder.write("a", "hello");
  const MappedFile file(path);
  std::filesystem::rename(folder.write("b", "!"), path);
  CHECK_NOTHROW(file.check_not_shortened());
  CHECK(file.bytes()[0] == std::byte{'h'});

  const MappedFile again(folder.write("c", "hello"));
  REQUIRE(::truncate((folder.path() / "c").c_str(), 2) == 0);
  try {
    again.check_not_shortened();
    FAIL("not noticed");
  } catch (const Error& error) {
    CHECK(error.code() == Code::io);
  }
}
