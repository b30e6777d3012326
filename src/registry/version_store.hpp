// The registry without models: what is kept of each version, where, and under which names. ModelRegistry adds what
// needs a Model (saving and loading adapters). Data versions are kept beside them, by DataStore.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <pmtune/model_registry.hpp>
#include <string>
#include <vector>

#include "registry/data_store.hpp"
#include "registry/database.hpp"
#include "base/names.hpp"
#include "registry/objects.hpp"

namespace pmtune::registry {

// A version before it has a number.
struct NewVersion {
  std::string name;
  std::string notes;
  std::string base_name, base_source, base_hash;
  std::string data_hash;
  std::string config;  // TrainConfig as JSON
  std::map<std::string, double> metrics;
  std::string verdict, verdict_sentence;
  std::string report;  // EvalReport as JSON; empty when it was not judged
};

class VersionStore {
 public:
  // Creates the folder when it is missing. Throws io, corrupt, invalid_argument (a file), unsupported (made by a
  // newer pmtune).
  explicit VersionStore(std::filesystem::path folder);

  static bool exists_at(const std::filesystem::path& folder);  // without creating anything

  const std::filesystem::path& folder() const { return folder_; }
  DataStore& data() { return data_; }

  // write_adapter fills an empty folder. The files stand whole and synced before the row that names them is
  // committed, so a kill leaves either no version or a whole one. at_step: ObjectStore's steps, then "inserted"
  // (before the commit) and "committed".
  ModelVersion add(const NewVersion& version, const std::function<void(const std::filesystem::path&)>& write_adapter,
                   const std::function<void(const char*)>& at_step = {});

  std::vector<ModelVersion> list(const std::string& name, bool archived);
  ModelVersion get(const std::string& reference);
  std::string report_of(const std::string& reference);  // JSON; empty when it was not judged

  void set_notes(const std::string& reference, const std::string& notes);
  void set_alias(const std::string& alias, const std::string& reference);
  void remove_alias(const std::string& name, const std::string& alias);

  std::vector<LogEntry> log(const std::string& reference, std::int64_t most);

  // Throws corrupt when the adapter's files are not those that were registered.
  void check_adapter(const ModelVersion& version) const;

 private:
  std::int64_t row_of(const std::string& reference);
  std::int64_t find_row(const Reference& reference);  // 0 when there is none
  [[noreturn]] void fail_unknown(const std::string& text, const Reference& reference);
  ModelVersion read(std::int64_t row);
  std::int64_t insert(const NewVersion& version, const StoredFolder& adapter);

  std::filesystem::path folder_;
  Database database_;
  ObjectStore objects_;
  DataStore data_;
};

}  // namespace pmtune::registry
