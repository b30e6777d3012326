#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <pmtune/error.hpp>

#include "base/atomic_file.hpp"
#include "registry/objects.hpp"
#include "temp_folder.hpp"

using namespace pmtune;
using namespace pmtune::registry;
using pmtune::test::RegistryFolder;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a folder's hash covers names and contents, and nothing else") {
  const RegistryFolder temp;
  auto hash_of = [&](const std::string& name, std::initializer_list<std::pair<const char*, const char*>> files) {
    const fs::path folder = temp.path() / name;
    for (const auto& [file, text] : files) write(folder / file, text);
    return measure_folder(folder).hash;
  };
  const std::string one = hash_of("1", {{"a", "x"}, {"b/c", "y"}});
  CHECK(one == hash_of("2", {{"b/c", "y"}, {"a", "x"}}));
  CHECK(one != hash_of("3", {{"a", "x"}, {"b/c", "z"}}));
  CHECK(one != hash_of("4", {{"a", "x"}, {"bc", "y"}}));
  CHECK(one != hash_of("5", {{"a", "xy"}, {"b/c", ""}}));
  CHECK(measure_folder(temp.path() / "1").bytes == 2);
}

TEST_CASE("put stores the same content once and leaves nothing aside") {
  const RegistryFolder temp;
  ObjectStore store(temp.path() / "objects");
  auto writer = [](const fs::path& folder) { write(folder / "a", "same"); };
  const StoredFolder first = store.put(writer);
  CHECK(store.put(writer).hash == first.hash);
  CHECK(first.bytes == 4);
  CHECK(entries(temp.path() / "objects") == 1);
  CHECK(measure_folder(store.path_of(first.hash)).hash == first.hash);
}

TEST_CASE("put replaces an object that was damaged meanwhile") {
  const RegistryFolder temp;
  ObjectStore store(temp.path() / "objects");
  auto writer = [](const fs::path& folder) { write(folder / "a", "whole"); };
  const std::string hash = store.put(writer).hash;
  write(store.path_of(hash) / "a", "damaged");
  CHECK(store.put(writer).hash == hash);
  CHECK(measure_folder(store.path_of(hash)).hash == hash);
}

TEST_CASE("a writer that fails leaves nothing") {
  const RegistryFolder temp;
  ObjectStore store(temp.path() / "objects");
  auto failing = [](const fs::path& folder) {
    write(folder / "a", "half");
    throw Error(Code::io, "disk full");
  };
  CHECK_THROWS_AS(store.put(failing), Error);
  CHECK_THROWS_AS(store.put([](const fs::path&) {}), Error);  // nothing written
  CHECK_THROWS_AS(store.put([](const fs::path& folder) { fs::create_symlink("/etc/passwd", folder / "a"); }), Error);
  CHECK(entries(temp.path() / "objects") == 0);
}

TEST_CASE("what a dead writer left is swept a day later, not before; other things stay") {
  const RegistryFolder temp;
  const fs::path objects = temp.path() / "objects";
  write(objects / ".incoming-old" / "a", "x");
  write(objects / ".incoming-new" / "a", "x");
  write(objects / "something" / "a", "x");
  fs::last_write_time(objects / ".incoming-old", fs::file_time_type::clock::now() - std::chrono::hours(25));
  fs::last_write_time(objects / "something", fs::file_time_type::clock::now() - std::chrono::hours(25));
  ObjectStore store(objects);
  CHECK_FALSE(fs::exists(objects / ".incoming-old"));
  CHECK(fs::exists(objects / ".incoming-new"));
  CHECK(fs::exists(objects / "something"));
}
