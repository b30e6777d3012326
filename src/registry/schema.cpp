#include "registry/schema.hpp"

#include <array>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/utc.hpp"

namespace pmtune::registry {
namespace {

constexpr std::int64_t application_id = 0x706D7475;  // "pmtu": tells a registry from any other SQLite file

// Schema 1: model versions.
constexpr const char* model_tables = R"SQL(
CREATE TABLE versions (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  created TEXT NOT NULL,
  notes TEXT NOT NULL,
  parent TEXT NOT NULL,
  changed TEXT NOT NULL,
  base_name TEXT NOT NULL,
  base_source TEXT NOT NULL,
  base_hash TEXT NOT NULL,
  data_hash TEXT NOT NULL,
  config_hash TEXT NOT NULL,
  adapter_hash TEXT NOT NULL,
  config TEXT NOT NULL,
  verdict TEXT NOT NULL,
  verdict_sentence TEXT NOT NULL,
  report TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  archived INTEGER NOT NULL DEFAULT 0,
  UNIQUE (name, number)
);
CREATE TABLE metrics (
  version INTEGER NOT NULL REFERENCES versions(id),
  name TEXT NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (version, name)
) WITHOUT ROWID;
CREATE TABLE aliases (
  name TEXT NOT NULL,
  alias TEXT NOT NULL,
  version INTEGER NOT NULL REFERENCES versions(id),
  PRIMARY KEY (name, alias)
) WITHOUT ROWID;
CREATE TABLE log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  action TEXT NOT NULL,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL
);
)SQL";

// Schema 2: data versions. content: the folder under objects/ that holds the examples.
constexpr const char* data_tables = R"SQL(
CREATE TABLE data_versions (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  hash TEXT NOT NULL,
  content TEXT NOT NULL,
  parent TEXT NOT NULL,
  author TEXT NOT NULL,
  note TEXT NOT NULL,
  created TEXT NOT NULL,
  examples INTEGER NOT NULL,
  added INTEGER NOT NULL,
  removed INTEGER NOT NULL,
  edited INTEGER NOT NULL,
  UNIQUE (name, number)
);
CREATE INDEX data_versions_by_hash ON data_versions (hash);
CREATE INDEX versions_by_data ON versions (data_hash);
)SQL";

// What leads from schema i to schema i + 1. Never changed once released; a change is a further entry.
constexpr std::array<const char*, schema_version> steps{model_tables, data_tables};

std::string file_of(const std::filesystem::path& folder) { return (folder / "registry.db").string(); }

[[noreturn]] void fail_foreign(const std::filesystem::path& folder) {
  fail(Code::corrupt, file_of(folder), " is another program's database; choose another folder.");
}

std::int64_t schema_of(Database& database) { return database.number("PRAGMA user_version"); }

void check(Database& database, const std::filesystem::path& folder) {
  if (database.number("PRAGMA application_id") != application_id) fail_foreign(folder);
  const std::int64_t found = schema_of(database);
  if (found > schema_version)
    fail(Code::unsupported, "The registry ", folder.string(), " was written by a newer pmtune (schema ", found,
         "); update pmtune.");
  Statement check(database, "PRAGMA quick_check(1)");
  if (check.step() && check.text(0) != "ok")
    fail(Code::corrupt, "The registry ", file_of(folder), " is damaged (", check.text(0),
         "); restore it from a backup.");
}

void upgrade(Database& database, const std::filesystem::path& folder) {
  Transaction transaction(database);  // another process may be doing the same at this moment, so look again
  const std::int64_t found = schema_of(database);
  if (found == 0 && database.number("SELECT count(*) FROM sqlite_master") != 0) fail_foreign(folder);
  for (std::int64_t step = found; step < schema_version; ++step) database.run(steps[static_cast<std::size_t>(step)]);
  if (found < schema_version) {
    database.run(concat("PRAGMA application_id=", application_id).c_str());
    database.run(concat("PRAGMA user_version=", schema_version).c_str());
  }
  transaction.commit();
  if (found == 0) sync_folder(folder);
}

}  // namespace

void prepare_schema(Database& database, const std::filesystem::path& folder) {
  if (schema_of(database) == 0) upgrade(database, folder);
  check(database, folder);
  if (schema_of(database) < schema_version) upgrade(database, folder);
}

void write_log(Database& database, const std::string& action, const std::string& name, const std::string& subject,
               const std::string& text) {
  Statement insert(database, "INSERT INTO log (at, action, name, subject, text) VALUES (?, ?, ?, ?, ?)");
  insert.bind(utc_now()).bind(action).bind(name).bind(subject).bind(text).finish();
}

}  // namespace pmtune::registry
