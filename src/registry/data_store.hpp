// Data versions: rows beside those of models, and their examples as folders of the object store.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <pmtune/model_registry.hpp>
#include <string>
#include <vector>

#include "base/names.hpp"
#include "registry/database.hpp"
#include "registry/objects.hpp"

namespace pmtune::registry {

class DataStore {
 public:
  // All three must outlive it; the tables need only be there when it is first used.
  DataStore(Database& database, ObjectStore& objects, const std::filesystem::path& folder)
      : database_(database), objects_(objects), folder_(folder) {}

  // As ModelRegistry::commit_data. The examples stand whole and synced before the row that names them is committed.
  // at_step: ObjectStore's steps, then "inserted" (before the commit) and "committed".
  DataVersion commit(const std::string& name, const Dataset& data, const std::string& author, const std::string& note,
                     const std::function<void(const char*)>& at_step = {});

  std::vector<DataVersion> list(const std::string& name);
  DataVersion get(const std::string& reference);
  Dataset open(const std::string& reference);

  std::string first_with(const std::string& hash);  // the id of the oldest version; empty when there is none

 private:
  std::int64_t find_row(const Reference& reference);  // 0 when there is none
  std::int64_t row_of(const std::string& reference);
  [[noreturn]] void fail_unknown(const std::string& text);
  DataVersion read(std::int64_t row);
  Dataset content_of(std::int64_t row);
  std::optional<DataVersion> newest(const std::string& name);
  void insert(const DataVersion& version, const std::string& content);

  Database& database_;
  ObjectStore& objects_;
  const std::filesystem::path& folder_;
};

}  // namespace pmtune::registry
