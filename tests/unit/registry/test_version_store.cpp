#include <doctest/doctest.h>

#include <fstream>
#include <limits>
#include <pmtune/error.hpp>
#include <sstream>

#include "base/atomic_file.hpp"
#include "registry/version_store.hpp"
#include "temp_folder.hpp"
#include "unit/errors.hpp"

using namespace pmtune;
using namespace pmtune::registry;
using namespace pmtune::test;
namespace fs = std::filesystem;

namespace {

std::function<void(const fs::path&)> adapter(const std::string& text) {
  return [text](const fs::path& folder) { std::ofstream(folder / "adapter_model.safetensors") << text; };
}

NewVersion version_of(const std::string& name, int epochs = 3) {
  NewVersion version;
  version.name = name;
  version.base_name = "SmolLM2";
  version.base_source = "/models/base.gguf";
  version.base_hash = "b1";
  version.data_hash = "d1";
  version.config = concat(R"({"name": ")", name, R"(", "epochs": )", epochs, "}");
  version.metrics = {
      {"examples", 17}, {"train_loss", 0.5}, {"validation_loss", std::numeric_limits<double>::quiet_NaN()}};
  return version;
}

}  // namespace

TEST_CASE("versions are numbered by name and keep what they were given, over reopening") {
  const RegistryFolder temp;
  {
    VersionStore store(temp.path());
    NewVersion first = version_of("PM-Assistant");
    first.notes = "first; it's 'quoted' \xC3\xA4";
    first.verdict = "better";
    first.verdict_sentence = "Yes.";
    first.report = "{}";
    const ModelVersion one = store.add(first, adapter("one"));
    CHECK(one.id == "PM-Assistant-v1");
    CHECK(one.parent.empty());
    CHECK(one.changed == "first version");
    CHECK(store.add(version_of("PM-Assistant", 5), adapter("two")).id == "PM-Assistant-v2");
    CHECK(store.add(version_of("Other"), adapter("two")).id == "Other-v1");
  }
  VersionStore store(temp.path());
  const ModelVersion one = store.get("PM-Assistant-v1");
  CHECK(one.notes == "first; it's 'quoted' \xC3\xA4");
  CHECK(one.metrics == std::map<std::string, double>{{"examples", 17}, {"train_loss", 0.5}});
  CHECK(one.verdict == "better");
  CHECK(one.verdict_sentence == "Yes.");
  CHECK(one.bytes == 3);
  CHECK(one.created.size() == 20);
  CHECK(read_text_file(fs::path(one.folder) / "adapter_model.safetensors") == "one");
  CHECK(store.report_of("PM-Assistant-v1") == "{}");
  const ModelVersion two = store.get("PM-Assistant");
  CHECK(two.id == "PM-Assistant-v2");
  CHECK(two.parent == "PM-Assistant-v1");
  CHECK(two.changed == "epochs 3 → 5");
  CHECK(two.config_hash != one.config_hash);
  CHECK(store.list("", false).size() == 3);
  CHECK(store.list("", false).front().id == "Other-v1");
  CHECK(store.list("PM-Assistant", false).front().id == "PM-Assistant-v2");
  CHECK(store.list("Nobody", false).empty());
}

TEST_CASE("aliases belong to a name, move, and are logged") {
  const RegistryFolder temp;
  VersionStore store(temp.path());
  store.add(version_of("A"), adapter("1"));
  store.add(version_of("A"), adapter("2"));
  store.add(version_of("B"), adapter("3"));
  store.set_alias("primary", "A-v1");
  store.set_alias("primary", "B");
  CHECK(store.get("A@primary").id == "A-v1");
  CHECK(store.get("B@primary").id == "B-v1");
  store.set_alias("primary", "A-v2");
  store.set_alias("best", "A-v2");
  CHECK(store.get("A@primary").id == "A-v2");
  CHECK(store.get("A-v2").aliases == std::vector<std::string>{"best", "primary"});
  CHECK(store.get("A-v1").aliases.empty());
  store.remove_alias("A", "best");
  CHECK(has(error_of([&] { store.get("A@best"); }), "A has no alias \"best\"; it has primary."));
  CHECK(has(error_of([&] { store.remove_alias("A", "best"); }), "not_found"));
  CHECK(has(error_of([&] { store.set_alias("no good", "A"); }), "invalid_argument"));
  CHECK(has(error_of([&] { store.set_alias("x", "A-v9"); }), "not_found"));

  const auto all = store.log("", 100);
  CHECK(all.front().action == "unalias");
  CHECK(all[2].text == "primary: A-v1 → A-v2");
  CHECK(all.back().action == "add");
  CHECK(all.back().subject == "A-v1");
  CHECK(store.log("B", 100).size() == 2);
  CHECK(store.log("A-v1", 100).size() == 2);
  CHECK(store.log("", 2).size() == 2);
}

TEST_CASE("notes can be changed, the rest cannot") {
  const RegistryFolder temp;
  VersionStore store(temp.path());
  store.add(version_of("A"), adapter("1"));
  store.set_notes("A-v1", "good for e-mails");
  CHECK(store.get("A").notes == "good for e-mails");
  CHECK(store.log("A", 1).front().text == "good for e-mails");
}

TEST_CASE("what is not there is told with the nearest name") {
  const RegistryFolder temp;
  VersionStore store(temp.path());
  CHECK(has(error_of([&] { store.get("A"); }), "still empty"));
  store.add(version_of("PM-Assistant"), adapter("1"));
  CHECK(has(error_of([&] { store.get("PM-Asistant-v1"); }), "Did you mean \"PM-Assistant-v1\"?"));
  CHECK(has(error_of([&] { store.get("PM-Assistant-v7"); }), "not_found"));
  CHECK(has(error_of([&] { store.get(""); }), "invalid_argument"));
  CHECK(has(error_of([&] { store.get("x'; DROP TABLE versions; --"); }), "not_found"));
  CHECK(has(error_of([&] { store.add(version_of("PM-v3"), adapter("1")); }), "ends like a version"));
  CHECK(store.list("", true).size() == 1);
}

TEST_CASE("an adapter that was changed or lost is found out") {
  const RegistryFolder temp;
  VersionStore store(temp.path());
  const ModelVersion version = store.add(version_of("A"), adapter("1"));
  CHECK_NOTHROW(store.check_adapter(version));
  std::ofstream(fs::path(version.folder) / "adapter_model.safetensors") << "2";
  CHECK(has(error_of([&] { store.check_adapter(version); }), "not what was registered"));
  fs::remove_all(version.folder);
  CHECK(has(error_of([&] { store.check_adapter(version); }), "gone from"));
}

TEST_CASE("folders that are no registry") {
  const RegistryFolder temp;
  CHECK_FALSE(VersionStore::exists_at(temp.path()));
  CHECK_FALSE(fs::exists(temp.path()));
  fs::create_directories(temp.path());
  std::ofstream(temp.path() / "file") << "x";
  CHECK(has(error_of([&] { VersionStore(temp.path() / "file"); }), "invalid_argument"));
  CHECK(has(error_of([&] { VersionStore(""); }), "invalid_argument"));

  fs::create_directories(temp.path() / "noise");
  std::ofstream(temp.path() / "noise" / "registry.db") << std::string(4096, 'x');
  CHECK(has(error_of([&] { VersionStore(temp.path() / "noise"); }), "corrupt"));

  fs::create_directories(temp.path() / "foreign");
  Database(temp.path() / "foreign" / "registry.db").run("CREATE TABLE t (x)");
  CHECK(has(error_of([&] { VersionStore(temp.path() / "foreign"); }), "another program's database"));

  { VersionStore(temp.path() / "newer"); }
  Database(temp.path() / "newer" / "registry.db").run("PRAGMA user_version=99");
  CHECK(has(error_of([&] { VersionStore(temp.path() / "newer"); }), "newer pmtune"));
}

TEST_CASE("a damaged database is refused, not read wrongly") {
  const RegistryFolder temp;
  {
    VersionStore store(temp.path());
    for (int i = 0; i < 30; ++i) store.add(version_of("A", i + 1), adapter(std::to_string(i)));
  }
  const fs::path file = temp.path() / "registry.db";
  std::string bytes = read_text_file(file);
  for (std::size_t at = 4096; at < bytes.size(); at += 64) bytes[at] = static_cast<char>(bytes[at] ^ 0x5A);
  std::ofstream(file, std::ios::binary) << bytes;
  CHECK(has(error_of([&] { VersionStore(temp.path()).list("", true); }), "corrupt"));
}
