// The promise of the registry: a kill at any instant leaves either no version, of a model or of data, or a whole one.
// Children are killed for real.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <string>

#include "registry/version_store.hpp"
#include "temp_folder.hpp"
#include "unit/processes.hpp"

using namespace pmtune;
using namespace pmtune::registry;
using namespace pmtune::test;
namespace fs = std::filesystem;

namespace {

NewVersion version_of(const std::string& name) {
  NewVersion version;
  version.name = name;
  version.config = "{}";
  version.metrics = {{"a", 1}, {"b", 2}, {"c", 3}};
  return version;
}

// Several files, so that there is a half of them.
void write_adapter(const fs::path& folder, const std::string& text, const std::function<void()>& half_way = {}) {
  std::ofstream(folder / "adapter_config.json") << "{}";
  std::ofstream(folder / "adapter_model.safetensors") << std::string(20000, 'x') << text;
  if (half_way) half_way();
  std::ofstream(folder / "pmtune.json") << text;
}

// Every version that is listed is whole, and their numbers have no gap.
std::size_t check_whole(const fs::path& folder, const std::string& name) {
  VersionStore store(folder);
  const auto versions = store.list(name, true);
  std::int64_t expected = static_cast<std::int64_t>(versions.size());
  for (const ModelVersion& version : versions) {
    CHECK(version.number == expected--);
    CHECK(version.metrics.size() == 3);
    CHECK_NOTHROW(store.check_adapter(version));
    CHECK(fs::exists(fs::path(version.folder) / "pmtune.json"));
  }
  CHECK(store.log(versions.empty() ? "" : name, 10000).size() == versions.size());
  return versions.size();
}

Dataset examples_of(int count, const std::string& answer = "A") {
  std::string lines;
  for (int i = 0; i < count; ++i)
    lines += concat(R"({"prompt": "Question )", i, R"(", "completion": ")", answer, "\"}\n");
  return Dataset::parse(lines);
}

// Every data version that is listed can be opened, and their numbers have no gap.
std::size_t check_whole_data(const fs::path& folder, const std::string& name) {
  VersionStore store(folder);
  const auto versions = store.data().list(name);
  std::int64_t expected = static_cast<std::int64_t>(versions.size());
  for (const DataVersion& version : versions) {
    CHECK(version.number == expected--);
    CHECK(store.data().open(version.id).hash() == version.hash);
    CHECK(version.parent == (version.number == 1 ? "" : data_version_id(name, version.number - 1)));
    CHECK(store.log(version.id, 10).size() == 1);
  }
  return versions.size();
}

// Each round of kills comes a little later.
std::chrono::milliseconds delay_of(int round) { return std::chrono::milliseconds(15 + 11 * round); }

}  // namespace

TEST_CASE("killed at each step of add: nothing or a whole version, and the next add works") {
  for (const std::string step : {"half way", "written", "hashed", "synced", "placed", "inserted", "committed"}) {
    CAPTURE(step);
    const RegistryFolder temp;
    {
      VersionStore(temp.path()).add(version_of("A"), [](const fs::path& folder) { write_adapter(folder, "1"); });
    }
    auto die_at = [&](const char* reached) {
      if (step == reached) ::kill(::getpid(), SIGKILL);
    };
    const int status = wait_for(start([&] {
      VersionStore store(temp.path());
      store.add(
          version_of("A"), [&](const fs::path& folder) { write_adapter(folder, "2", [&] { die_at("half way"); }); },
          die_at);
    }));
    REQUIRE(WIFSIGNALED(status));
    CHECK(check_whole(temp.path(), "A") == (step == "committed" ? 2 : 1));
    VersionStore store(temp.path());
    const ModelVersion next = store.add(version_of("A"), [](const fs::path& folder) { write_adapter(folder, "2"); });
    CHECK(next.number == (step == "committed" ? 3 : 2));
    CHECK(check_whole(temp.path(), "A") == static_cast<std::size_t>(next.number));
  }
}

TEST_CASE("killed while the registry is being created, it can be created afterwards") {
  for (int delay_us = 0; delay_us < 12000; delay_us += 1500) {
    const RegistryFolder temp;
    killed_after(std::chrono::microseconds(delay_us), [&] { VersionStore{temp.path()}; });
    CHECK(check_whole(temp.path(), "A") == 0);
  }
}

TEST_CASE("killed at any instant of many adds: what was reported is there, the rest is whole or absent") {
  const RegistryFolder temp;
  std::size_t reported_in_all = 0;
  for (int round = 0; round < 12; ++round) {
    const auto work = [&](const Report& report) {
      VersionStore store(temp.path());
      for (int i = 0;; ++i) {
        store.add(version_of("A"), [&](const fs::path& folder) { write_adapter(folder, concat(round, "-", i)); });
        report("x");
      }
    };
    reported_in_all += reported_until_killed(delay_of(round), work).size();
    CHECK(check_whole(temp.path(), "A") >= reported_in_all);
  }
  // Each kill can leave at most one version that was committed but not reported.
  CHECK(check_whole(temp.path(), "A") <= reported_in_all + 12);
  CHECK(reported_in_all > 0);
}

TEST_CASE("several processes add at a time and get numbers of their own") {
  const RegistryFolder temp;
  std::vector<pid_t> children;
  for (int process = 0; process < 4; ++process)
    children.push_back(start([&, process] {
      VersionStore store(temp.path());  // all of them create it at once
      for (int i = 0; i < 8; ++i)
        store.add(version_of("A"),
                  [&](const fs::path& folder) { write_adapter(folder, concat(process % 2, "-", i)); });
    }));
  for (const pid_t child : children) {
    const int status = wait_for(child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  CHECK(check_whole(temp.path(), "A") == 32);
}

TEST_CASE("data: killed at each step of commit, nothing or a whole version, and the next commit works") {
  for (const std::string step : {"written", "hashed", "synced", "placed", "inserted", "committed"}) {
    CAPTURE(step);
    const RegistryFolder temp;
    { VersionStore(temp.path()).data().commit("E", examples_of(3), "Ana", ""); }
    const int status = wait_for(start([&] {
      VersionStore(temp.path()).data().commit("E", examples_of(5), "Ana", "", [&](const char* reached) {
        if (step == reached) ::kill(::getpid(), SIGKILL);
      });
    }));
    REQUIRE(WIFSIGNALED(status));
    CHECK(check_whole_data(temp.path(), "E") == (step == "committed" ? 2 : 1));
    VersionStore store(temp.path());
    CHECK(store.data().commit("E", examples_of(5), "Ana", "").number == 2);  // there, or made now
    CHECK(store.data().commit("E", examples_of(6), "Ana", "").added == 1);
    CHECK(check_whole_data(temp.path(), "E") == 3);
  }
}

TEST_CASE("data: killed at any instant of many commits, what was reported is there, the rest is whole or absent") {
  const RegistryFolder temp;
  std::size_t reported_in_all = 0;
  for (int round = 0; round < 10; ++round) {
    const auto work = [&](const Report& report) {
      VersionStore store(temp.path());
      for (int i = 0;; ++i) {
        store.data().commit("E", examples_of(1 + i % 4, concat(round, "-", i)), "", "");
        report("x");
      }
    };
    reported_in_all += reported_until_killed(delay_of(round), work).size();
    CHECK(check_whole_data(temp.path(), "E") >= reported_in_all);
  }
  CHECK(check_whole_data(temp.path(), "E") <= reported_in_all + 10);
  CHECK(reported_in_all > 0);
}

TEST_CASE("data: several processes commit at a time and get numbers of their own") {
  const RegistryFolder temp;
  std::vector<pid_t> children;
  for (int process = 0; process < 4; ++process)
    children.push_back(start([&, process] {
      VersionStore store(temp.path());
      for (int i = 0; i < 8; ++i) store.data().commit("E", examples_of(2, concat(process, "-", i)), "", "");
    }));
  for (const pid_t child : children) {
    const int status = wait_for(child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  CHECK(check_whole_data(temp.path(), "E") == 32);
}

TEST_CASE("data: killed while an old registry gets its new tables, it opens as old or new") {
  for (int delay_us = 0; delay_us < 12000; delay_us += 1500) {
    const RegistryFolder temp;
    {
      VersionStore(temp.path()).add(version_of("A"), [](const fs::path& folder) { write_adapter(folder, "1"); });
    }
    Database(temp.path() / "registry.db")
        .run("DROP TABLE data_versions; DROP INDEX versions_by_data; PRAGMA user_version=1");
    killed_after(std::chrono::microseconds(delay_us), [&] { VersionStore{temp.path()}; });
    CHECK(check_whole(temp.path(), "A") == 1);
    CHECK(check_whole_data(temp.path(), "E") == 0);
  }
}
