#include "registry/version_store.hpp"

#include <algorithm>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/options.hpp"
#include "base/utc.hpp"
#include "registry/changes.hpp"
#include "registry/schema.hpp"

namespace pmtune::registry {
namespace fs = std::filesystem;
namespace {

constexpr const char* database_name = "registry.db";
// Makes the folder, so that the database can be opened in it.
fs::path prepared(const fs::path& given) {
  if (given.empty())
    fail(Code::invalid_argument, "The registry's folder is an empty text; name one, for example \"models\".");
  std::error_code error;
  const fs::path folder = fs::absolute(given, error).lexically_normal();
  if (fs::exists(folder, error) && !fs::is_directory(folder, error))
    fail(Code::invalid_argument, folder.string(), " is a file; a registry is a folder.");
  fs::create_directories(folder, error);
  if (error)
    fail(Code::io, "The folder ", folder.string(), " cannot be created (", error.message(), "); choose another one.");
  return folder;
}

}  // namespace

VersionStore::VersionStore(fs::path folder)
    : folder_(prepared(folder)),
      database_(folder_ / database_name),
      objects_(folder_ / "objects"),
      data_(database_, objects_, folder_) {
  prepare_schema(database_, folder_);
}

bool VersionStore::exists_at(const fs::path& folder) {
  std::error_code error;
  return fs::is_regular_file(folder / database_name, error);
}

ModelVersion VersionStore::add(const NewVersion& version, const std::function<void(const fs::path&)>& write_adapter,
                               const std::function<void(const char*)>& at_step) {
  check_model_name(version.name);
  const StoredFolder adapter = objects_.put(write_adapter, at_step);
  Transaction transaction(database_);
  const std::int64_t row = insert(version, adapter);
  if (at_step) at_step("inserted");
  transaction.commit();
  if (at_step) at_step("committed");
  return read(row);
}

std::int64_t VersionStore::insert(const NewVersion& version, const StoredFolder& adapter) {
  const std::int64_t parent_row = find_row({version.name, 0, ""});
  const ModelVersion parent = parent_row ? read(parent_row) : ModelVersion{};
  const std::int64_t number = parent.number + 1;
  const std::string changed = parent_row ? changes_since(parent, version) : "first version";
  Statement row(database_,
                "INSERT INTO versions (name, number, created, notes, parent, changed, base_name, base_source, "
                "base_hash, data_hash, "
                "config_hash, adapter_hash, config, verdict, verdict_sentence, report, bytes) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  row.bind(version.name).bind(number).bind(utc_now()).bind(version.notes).bind(parent.id).bind(changed);
  row.bind(version.base_name).bind(version.base_source).bind(version.base_hash).bind(version.data_hash);
  row.bind(config_hash(version.config)).bind(adapter.hash).bind(version.config);
  row.bind(version.verdict).bind(version.verdict_sentence).bind(version.report).bind(adapter.bytes);
  row.finish();
  const std::int64_t id = database_.last_row();
  for (const auto& [name, value] : version.metrics) {
    if (value != value) continue;  // NaN: not measured
    Statement metric(database_, "INSERT INTO metrics (version, name, value) VALUES (?, ?, ?)");
    metric.bind(id).bind(name).bind(value).finish();
  }
  write_log(database_, "add", version.name, version_id(version.name, number), changed);
  return id;
}

ModelVersion VersionStore::read(std::int64_t row) {
  Statement select(database_,
                   "SELECT name, number, created, notes, parent, changed, base_name, base_source, base_hash, "
                   "data_hash, config_hash, "
                   "adapter_hash, config, verdict, verdict_sentence, bytes, archived FROM versions WHERE id = ?");
  if (!select.bind(row).step())
    fail(Code::internal, "Row ", row, " of the registry ", folder_.string(), " has vanished.");
  ModelVersion version;
  version.name = select.text(0);
  version.number = select.whole(1);
  version.id = version_id(version.name, version.number);
  int column = 2;
  for (std::string ModelVersion::*member :
       {&ModelVersion::created, &ModelVersion::notes, &ModelVersion::parent, &ModelVersion::changed,
        &ModelVersion::base_name, &ModelVersion::base_source, &ModelVersion::base_hash, &ModelVersion::data_hash,
        &ModelVersion::config_hash, &ModelVersion::adapter_hash, &ModelVersion::config, &ModelVersion::verdict,
        &ModelVersion::verdict_sentence})
    version.*member = select.text(column++);
  version.bytes = select.whole(column++);
  version.archived = select.whole(column) != 0;
  version.folder = objects_.path_of(version.adapter_hash).string();
  Statement metrics(database_, "SELECT name, value FROM metrics WHERE version = ?");
  metrics.bind(row);
  while (metrics.step()) version.metrics[metrics.text(0)] = metrics.real(1);
  Statement aliases(database_, "SELECT alias FROM aliases WHERE version = ? ORDER BY alias");
  aliases.bind(row);
  while (aliases.step()) version.aliases.push_back(aliases.text(0));
  version.data_version = data_.first_with(version.data_hash);
  return version;
}

std::int64_t VersionStore::find_row(const Reference& reference) {
  if (!reference.alias.empty()) {
    Statement select(database_, "SELECT version FROM aliases WHERE name = ? AND alias = ?");
    return select.bind(reference.name).bind(reference.alias).step() ? select.whole(0) : 0;
  }
  Statement select(
      database_, "SELECT id FROM versions WHERE name = ?1 AND (?2 = 0 OR number = ?2) ORDER BY number DESC LIMIT 1");
  return select.bind(reference.name).bind(reference.number).step() ? select.whole(0) : 0;
}

std::int64_t VersionStore::row_of(const std::string& text) {
  const Reference reference = parse_reference(text);
  const std::int64_t row = find_row(reference);
  if (row == 0) fail_unknown(text, reference);
  return row;
}

void VersionStore::fail_unknown(const std::string& text, const Reference& reference) {
  std::vector<std::string> known;
  for (const char* query :
       {"SELECT DISTINCT name FROM versions", "SELECT name || '-v' || number FROM versions ORDER BY id DESC",
        "SELECT name || '@' || alias FROM aliases"}) {
    Statement select(database_, query);
    while (select.step()) known.push_back(select.text(0));
  }
  if (known.empty())
    fail(Code::not_found, "The registry ", folder_.string(), " is still empty, so there is no \"", text,
         "\"; add a version first.");
  if (!reference.alias.empty() && find_row({reference.name, 0, ""}) != 0) {
    std::string list;
    for (const std::string& one : known)
      if (one.rfind(reference.name + "@", 0) == 0)
        list += (list.empty() ? "" : ", ") + one.substr(reference.name.size() + 1);
    fail(Code::not_found, reference.name, " has no alias \"", reference.alias, "\"; it has ",
         list.empty() ? "none" : list, ".");
  }
  fail(Code::not_found, "The registry ", folder_.string(), " has no \"", text, "\".", did_you_mean(text, known));
}

std::vector<ModelVersion> VersionStore::list(const std::string& name, bool archived) {
  Statement select(database_,
                   "SELECT id FROM versions WHERE (?1 = '' OR name = ?1) AND (?2 OR archived = 0) ORDER BY id DESC");
  select.bind(name).bind(std::int64_t{archived});
  std::vector<ModelVersion> versions;
  while (select.step()) versions.push_back(read(select.whole(0)));
  return versions;
}

ModelVersion VersionStore::get(const std::string& reference) { return read(row_of(reference)); }

std::string VersionStore::report_of(const std::string& reference) {
  Statement select(database_, "SELECT report FROM versions WHERE id = ?");
  return select.bind(row_of(reference)).step() ? select.text(0) : "";
}

void VersionStore::set_notes(const std::string& reference, const std::string& notes) {
  Transaction transaction(database_);
  const std::int64_t row = row_of(reference);
  Statement update(database_, "UPDATE versions SET notes = ? WHERE id = ?");
  update.bind(notes).bind(row).finish();
  const ModelVersion version = read(row);
  write_log(database_, "note", version.name, version.id, notes);
  transaction.commit();
}

void VersionStore::set_alias(const std::string& alias, const std::string& reference) {
  check_alias(alias);
  Transaction transaction(database_);
  const std::int64_t row = row_of(reference);
  const ModelVersion version = read(row);
  const std::int64_t before = find_row({version.name, 0, alias});
  Statement put(database_, "INSERT OR REPLACE INTO aliases (name, alias, version) VALUES (?, ?, ?)");
  put.bind(version.name).bind(alias).bind(row).finish();
  write_log(database_, "alias", version.name, version.id,
            before ? concat(alias, ": ", read(before).id, " → ", version.id) : concat(alias, ": → ", version.id));
  transaction.commit();
}

void VersionStore::remove_alias(const std::string& name, const std::string& alias) {
  Transaction transaction(database_);
  const std::string text = name + "@" + alias;
  const ModelVersion version = read(row_of(text));
  Statement remove(database_, "DELETE FROM aliases WHERE name = ? AND alias = ?");
  remove.bind(name).bind(alias).finish();
  write_log(database_, "unalias", name, version.id, alias);
  transaction.commit();
}

std::vector<LogEntry> VersionStore::log(const std::string& reference, std::int64_t most) {
  if (most < 0) fail(Code::invalid_argument, "The most log entries to show is ", most, "; it must be 0 or more.");
  std::string name, subject;
  if (!reference.empty() && parse_data_reference(reference).number > 0) {
    subject = data_.get(reference).id;
  } else if (!reference.empty()) {
    const ModelVersion version = get(reference);
    const Reference parsed = parse_reference(reference);
    // A name alone asks for all of its versions.
    (parsed.number == 0 && parsed.alias.empty() ? name : subject) =
        parsed.number == 0 && parsed.alias.empty() ? version.name : version.id;
  }
  Statement select(
      database_,
      "SELECT at, action, subject, text FROM log WHERE (?1 = '' OR name = ?1) AND (?2 = '' OR subject = ?2) "
      "ORDER BY id DESC LIMIT ?3");
  select.bind(name).bind(subject).bind(most);
  std::vector<LogEntry> entries;
  while (select.step()) entries.push_back({select.text(0), select.text(1), select.text(2), select.text(3)});
  return entries;
}

void VersionStore::check_adapter(const ModelVersion& version) const {
  std::error_code error;
  if (!fs::is_directory(version.folder, error))
    fail(Code::corrupt, "The adapter of ", version.id, " is gone from ", version.folder,
         "; restore it from a backup.");
  if (measure_folder(version.folder).hash != version.adapter_hash)
    fail(Code::corrupt, "The adapter of ", version.id, " in ", version.folder,
         " is not what was registered; somebody or something changed its files. Restore it from a backup.");
}

}  // namespace pmtune::registry
