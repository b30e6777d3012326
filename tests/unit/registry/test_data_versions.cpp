// Data versions: numbers, lineage, content, the models trained on them, and registries from before there were any.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "base/atomic_file.hpp"
#include "registry/schema.hpp"
#include "registry/version_store.hpp"
#include "temp_folder.hpp"
#include "unit/errors.hpp"

using namespace pmtune;
using namespace pmtune::registry;
using namespace pmtune::test;
namespace fs = std::filesystem;

namespace {

Dataset examples(const std::string& lines, const std::string& name = "examples.jsonl") {
  std::istringstream in(lines);
  std::string text;
  for (std::string pair; in >> pair;)
    text += concat(R"({"prompt": "Question )", pair.substr(0, pair.find('=')), R"(", "completion": ")",
                   pair.substr(pair.find('=') + 1), R"(", "author": "Ana"})", "\n");
  return Dataset::parse(text, name);
}

void add_model(VersionStore& store, const std::string& name, const std::string& data_hash) {
  NewVersion version;
  version.name = name;
  version.config = "{}";
  version.data_hash = data_hash;
  store.add(version, [](const fs::path& folder) { std::ofstream(folder / "adapter_model.safetensors") << "x"; });
}

fs::path content_of(const fs::path& registry, const std::string& part_of_text) {
  for (const auto& entry : fs::recursive_directory_iterator(registry / "objects"))
    if (entry.path().filename() == "data.jsonl" && has(read_text_file(entry.path()), part_of_text))
      return entry.path();
  FAIL("there is no such content");
  return {};
}

}  // namespace

TEST_CASE("data versions are numbered by name, say what changed, and give the examples back, over reopening") {
  const RegistryFolder temp;
  const Dataset first = examples("a=1 b=2 c=3"), second = examples("a=1 b=two d=4 e=5");
  {
    ModelRegistry registry(temp.path().string());
    const DataVersion one = registry.commit_data("PM-examples", first, "Ana", "the start");
    CHECK(one.id == "PM-examples-d1");
    CHECK(one.parent.empty());
    CHECK(one.added == 3);
    CHECK(registry.commit_data("PM-examples", second, "Ben \xC3\xA4 'x'").id == "PM-examples-d2");
    CHECK(registry.commit_data("Other", second).id == "Other-d1");
  }
  ModelRegistry registry(temp.path().string());
  const DataVersion two = registry.get_data("PM-examples");
  CHECK(two.id == "PM-examples-d2");
  CHECK(two.name == "PM-examples");
  CHECK(two.number == 2);
  CHECK(two.parent == "PM-examples-d1");
  CHECK(two.author == "Ben \xC3\xA4 'x'");
  CHECK(two.examples == 4);
  CHECK(two.added == 2);
  CHECK(two.removed == 1);
  CHECK(two.edited == 1);
  CHECK(two.hash == second.hash());
  CHECK(two.created.size() == 20);
  CHECK(registry.get_data("PM-examples-d1").note == "the start");
  const Dataset again = registry.open_data("PM-examples-d1");
  CHECK(again.to_jsonl() == first.to_jsonl());
  CHECK(again[1].author == "Ana");
  CHECK(again[1].origin == "PM-examples-d1");
  CHECK(again[1].line == 2);
  CHECK(registry.diff_data("PM-examples-d1", "PM-examples").edited.size() == 1);
  CHECK(registry.diff_data("PM-examples", "Other").empty());
  REQUIRE(registry.list_data().size() == 3);
  CHECK(registry.list_data()[0].id == "Other-d1");
  CHECK(registry.list_data("PM-examples").front().id == "PM-examples-d2");
  CHECK(registry.list_data("Nobody").empty());
  std::ostringstream line;
  line << two;
  CHECK(line.str() == "PM-examples-d2  " + two.created.substr(0, 10) + "  4 examples (+2 -1 ~1)  Ben \xC3\xA4 'x'");
  CHECK(registry.log("PM-examples-d2").front().text == "4 examples; 2 added, 1 removed, 1 edited");
  CHECK(registry.log().size() == 3);
}

TEST_CASE("the same examples are no new version, unless others came between") {
  const RegistryFolder temp;
  VersionStore store(temp.path());
  const Dataset one = examples("a=1"), two = examples("a=1 b=2");
  CHECK(store.data().commit("E", one, "Ana", "first").number == 1);
  const DataVersion again = store.data().commit("E", one, "Ben", "again");
  CHECK(again.number == 1);
  CHECK(again.author == "Ana");
  CHECK(store.data().commit("E", two, "", "").number == 2);
  const DataVersion back = store.data().commit("E", one, "", "");
  CHECK(back.number == 3);
  CHECK(back.removed == 1);
  CHECK(store.data().open("E-d3").hash() == one.hash());
}

TEST_CASE("a model version names its data version, and the other way round") {
  const RegistryFolder temp;
  VersionStore store(temp.path());
  const Dataset data = examples("a=1 b=2");
  add_model(store, "M", data.hash());
  add_model(store, "M", "something else");
  add_model(store, "M", "");
  CHECK(store.get("M-v1").data_version.empty());
  store.data().commit("E", data, "", "");
  store.data().commit("Copy", data, "", "");
  CHECK(store.get("M-v1").data_version == "E-d1");
  CHECK(store.get("M-v2").data_version.empty());
  CHECK(store.get("M-v3").data_version.empty());
  add_model(store, "N", data.hash());
  CHECK(store.data().get("E").models == std::vector<std::string>{"M-v1", "N-v1"});
  CHECK(store.data().get("Copy").models.size() == 2);
}

TEST_CASE("data: wrong names and references are told") {
  const RegistryFolder temp;
  VersionStore store(temp.path());
  const Dataset data = examples("a=1");
  CHECK(has(error_of([&] { store.data().get("E"); }), "holds no data yet"));
  store.data().commit("PM-examples", data, "", "");
  CHECK(has(error_of([&] { store.data().get("PM-exampels-d1"); }), "Did you mean \"PM-examples-d1\"?"));
  CHECK(has(error_of([&] { store.data().get("PM-examples-d2"); }), "not_found"));
  CHECK(has(error_of([&] { store.data().get(""); }), "invalid_argument"));
  CHECK(has(error_of([&] { store.data().open("x'; DROP TABLE data_versions; --"); }), "not_found"));
  CHECK(has(error_of([&] { store.data().commit("PM-d3", data, "", ""); }), "call it \"PM\""));
  CHECK(has(error_of([&] { store.data().commit("no good", data, "", ""); }), "invalid_argument"));
  CHECK(has(error_of([&] { store.data().commit("E", Dataset(), "", ""); }), "has no examples"));
  CHECK(has(error_of([&] { store.data().commit("E", data, "\xFF", ""); }), "not valid UTF-8"));
  CHECK(store.data().commit("PM-v3", data, "", "").id == "PM-v3-d1");
  CHECK(has(error_of([&] { store.log("E-d1", 10); }), "not_found"));
}

TEST_CASE("data that was changed or lost is found out") {
  const RegistryFolder temp;
  VersionStore store(temp.path());
  store.data().commit("E", examples("a=first"), "", "");
  store.data().commit("E", examples("a=second"), "", "");
  const fs::path file = content_of(temp.path(), "first");
  const std::string text = read_text_file(file);
  std::ofstream(file) << text << "\n";  // the same examples, and yet not what was committed
  CHECK(has(error_of([&] { store.data().open("E-d1"); }), "corrupt: The examples of E-d1"));
  std::ofstream(file) << "no examples";
  CHECK(has(error_of([&] { store.data().open("E-d1"); }), "not what was committed"));
  CHECK_NOTHROW(store.data().open("E-d2"));
  fs::remove_all(file.parent_path());
  CHECK(has(error_of([&] { store.data().open("E-d1"); }), "are gone from"));
  CHECK_NOTHROW(store.data().commit("E", examples("a=third"), "", ""));
  Database(temp.path() / "registry.db").run("UPDATE data_versions SET hash = 'x' WHERE number = 2");
  CHECK(has(error_of([&] { store.data().open("E-d2"); }), "not what was committed"));
}

TEST_CASE("a registry of schema 1 opens, keeps what it has, and then takes data; a newer one is refused") {
  const RegistryFolder temp;
  const Dataset data = examples("a=1");
  {
    VersionStore store(temp.path());
    add_model(store, "M", data.hash());
    store.set_alias("primary", "M");
  }
  // What schema 2 added, taken away again.
  Database(temp.path() / "registry.db")
      .run("DROP TABLE data_versions; DROP INDEX versions_by_data; PRAGMA user_version=1");
  {
    VersionStore store(temp.path());
    CHECK(store.get("M@primary").id == "M-v1");
    CHECK(store.data().list("").empty());
    CHECK(store.data().commit("E", data, "", "").models == std::vector<std::string>{"M-v1"});
  }
  CHECK(VersionStore(temp.path()).get("M").data_version == "E-d1");
  CHECK(Database(temp.path() / "registry.db").number("PRAGMA user_version") == schema_version);
  Database(temp.path() / "registry.db").run("PRAGMA user_version=3");
  CHECK(has(error_of([&] { VersionStore(temp.path()); }), "newer pmtune (schema 3)"));
}

TEST_CASE("several processes may find an old registry at once") {
  const RegistryFolder temp;
  { VersionStore(temp.path()); }
  Database(temp.path() / "registry.db")
      .run("DROP TABLE data_versions; DROP INDEX versions_by_data; PRAGMA user_version=1");
  Database first(temp.path() / "registry.db"), second(temp.path() / "registry.db");
  prepare_schema(first, temp.path());
  CHECK_NOTHROW(prepare_schema(second, temp.path()));
  CHECK(second.number("PRAGMA user_version") == schema_version);
}
