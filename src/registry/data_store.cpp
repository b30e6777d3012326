#include "registry/data_store.hpp"

#include <limits>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/options.hpp"
#include "base/utc.hpp"
#include "base/utf8.hpp"
#include "registry/schema.hpp"

namespace pmtune::registry {
namespace fs = std::filesystem;
namespace {

constexpr const char* file_name = "data.jsonl";

void require_utf8(const std::string& text, const char* what) {
  if (find_invalid_utf8(text) != std::string::npos)
    fail(Code::invalid_argument, "The ", what, " of the data version is not valid UTF-8; convert it first.");
}

std::int64_t count(const auto& list) { return static_cast<std::int64_t>(list.size()); }

// All but number and time, which only the transaction can give.
DataVersion describe(const std::string& name, const Dataset& data, const std::string& author,
                     const std::string& note) {
  DataVersion version;
  version.name = name;
  version.hash = data.hash();
  version.author = author;
  version.note = note;
  version.examples = static_cast<std::int64_t>(data.size());
  return version;
}

void follow(DataVersion& version, const std::optional<DataVersion>& parent, const Dataset& before,
            const Dataset& data) {
  const DatasetDiff diff = before.diff(data);
  version.parent = parent ? parent->id : "";
  version.number = parent ? parent->number + 1 : 1;
  version.id = data_version_id(version.name, version.number);
  version.added = count(diff.added);
  version.removed = count(diff.removed);
  version.edited = count(diff.edited);
}

std::string log_text(const DataVersion& version) {
  return concat(version.examples, " examples; ", version.added, " added, ", version.removed, " removed, ",
                version.edited, " edited");
}

}  // namespace

DataVersion DataStore::commit(const std::string& name, const Dataset& data, const std::string& author,
                              const std::string& note, const std::function<void(const char*)>& at_step) {
  check_data_name(name);
  require_utf8(author, "author");
  require_utf8(note, "note");
  if (data.empty()) fail(Code::invalid_argument, "The data to commit as ", name, " has no examples; add some.");
  std::optional<DataVersion> parent = newest(name);
  if (parent && parent->hash == data.hash()) return *parent;
  const StoredFolder content =
      objects_.put([&](const fs::path& folder) { data.save((folder / file_name).string()); }, at_step);
  DataVersion version = describe(name, data, author, note);
  // Comparing with the parent takes time and must not keep other writers waiting, so it is done outside of the
  // transaction, and again when another process was faster.
  for (;;) {
    follow(version, parent, parent ? open(parent->id) : Dataset(), data);
    Transaction transaction(database_);
    std::optional<DataVersion> now = newest(name);
    if (now && now->hash == version.hash) return *now;
    if ((now ? now->id : "") == version.parent) {
      insert(version, content.hash);
      if (at_step) at_step("inserted");
      transaction.commit();
      if (at_step) at_step("committed");
      return get(version.id);
    }
    parent = std::move(now);
  }
}

void DataStore::insert(const DataVersion& version, const std::string& content) {
  Statement row(database_,
                "INSERT INTO data_versions (name, number, hash, content, parent, author, note, created, examples, "
                "added, removed, edited) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  row.bind(version.name).bind(version.number).bind(version.hash).bind(content).bind(version.parent);
  row.bind(version.author).bind(version.note).bind(utc_now()).bind(version.examples);
  row.bind(version.added).bind(version.removed).bind(version.edited).finish();
  write_log(database_, "commit", version.name, version.id, log_text(version));
}

DataVersion DataStore::read(std::int64_t row) {
  Statement select(database_,
                   "SELECT name, number, hash, parent, author, note, created, examples, added, removed, edited "
                   "FROM data_versions WHERE id = ?");
  if (!select.bind(row).step())
    fail(Code::internal, "Row ", row, " of the data versions in ", folder_.string(), " has vanished.");
  DataVersion version;
  version.name = select.text(0);
  version.number = select.whole(1);
  version.id = data_version_id(version.name, version.number);
  version.hash = select.text(2);
  version.parent = select.text(3);
  version.author = select.text(4);
  version.note = select.text(5);
  version.created = select.text(6);
  version.examples = select.whole(7);
  version.added = select.whole(8);
  version.removed = select.whole(9);
  version.edited = select.whole(10);
  Statement models(database_, "SELECT name, number FROM versions WHERE data_hash = ? ORDER BY id");
  models.bind(version.hash);
  while (models.step()) version.models.push_back(version_id(models.text(0), models.whole(1)));
  return version;
}

std::int64_t DataStore::find_row(const Reference& reference) {
  Statement select(database_,
                   "SELECT id FROM data_versions WHERE name = ?1 AND (?2 = 0 OR number = ?2) "
                   "ORDER BY number DESC LIMIT 1");
  return select.bind(reference.name).bind(reference.number).step() ? select.whole(0) : 0;
}

std::int64_t DataStore::row_of(const std::string& text) {
  const std::int64_t row = find_row(parse_data_reference(text));
  if (row == 0) fail_unknown(text);
  return row;
}

void DataStore::fail_unknown(const std::string& text) {
  std::vector<std::string> known;
  Statement select(database_, "SELECT name, number FROM data_versions ORDER BY id DESC");
  while (select.step()) {
    known.push_back(data_version_id(select.text(0), select.whole(1)));
    known.push_back(select.text(0));
  }
  if (known.empty())
    fail(Code::not_found, "The registry ", folder_.string(), " holds no data yet, so there is no \"", text,
         "\"; commit some first.");
  fail(Code::not_found, "The registry ", folder_.string(), " holds no data \"", text, "\".",
       did_you_mean(text, known));
}

std::optional<DataVersion> DataStore::newest(const std::string& name) {
  const std::int64_t row = find_row({name, 0, ""});
  if (row == 0) return std::nullopt;
  return read(row);
}

std::vector<DataVersion> DataStore::list(const std::string& name) {
  Statement select(database_, "SELECT id FROM data_versions WHERE ?1 = '' OR name = ?1 ORDER BY id DESC");
  select.bind(name);
  std::vector<DataVersion> versions;
  while (select.step()) versions.push_back(read(select.whole(0)));
  return versions;
}

DataVersion DataStore::get(const std::string& reference) { return read(row_of(reference)); }

Dataset DataStore::open(const std::string& reference) { return content_of(row_of(reference)); }

Dataset DataStore::content_of(std::int64_t row) {
  const DataVersion version = read(row);
  Statement select(database_, "SELECT content FROM data_versions WHERE id = ?");
  const fs::path folder = objects_.path_of(select.bind(row).step() ? select.text(0) : "");
  std::error_code error;
  if (!fs::is_regular_file(folder / file_name, error))
    fail(Code::corrupt, "The examples of ", version.id, " are gone from ", folder.string(),
         "; restore them from a backup.");
  const auto changed = [&](const std::string& detail) {
    return Error(Code::corrupt,
                 concat("The examples of ", version.id, " in ", folder.string(),
                        " are not what was committed; somebody or something changed them. Restore them from a "
                        "backup."),
                 detail);
  };
  if (measure_folder(folder).hash != folder.filename().string()) throw changed("the folder's content hash differs");
  const std::string text = read_text_file(folder / file_name, std::numeric_limits<std::size_t>::max());
  try {
    Dataset data = Dataset::parse(text, version.id);
    if (data.hash() == version.hash) return data;
  } catch (const Error& error) {
    throw changed(error.what());
  }
  throw changed("the dataset's hash differs");
}

std::string DataStore::first_with(const std::string& hash) {
  if (hash.empty()) return "";
  Statement select(database_, "SELECT name, number FROM data_versions WHERE hash = ? ORDER BY id LIMIT 1");
  return select.bind(hash).step() ? data_version_id(select.text(0), select.whole(1)) : "";
}

}  // namespace pmtune::registry
