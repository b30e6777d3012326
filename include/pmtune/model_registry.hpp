// Versions of fine-tuned models and of the data they learned from: numbered, never changed, with where they came from
// and how good they are.
//
//   ModelRegistry registry("models");
//   ModelVersion version = registry.add(result, report, "first version");    // PM-Assistant-v1
//   registry.set_alias("primary", version);
//   Model model = registry.open("PM-Assistant@primary");                      // or "PM-Assistant-v1", or
//   "PM-Assistant" (newest)
//   registry.commit_data("PM-examples", data, "Ana", "five more stories");    // PM-examples-d3
//   Dataset before = registry.open_data("PM-examples-d2");
//
// On disk: registry.db (SQLite, WAL) beside objects/HASH/ (adapter folders in PEFT form, and data sets as JSONL,
// named by the SHA-256 of their content). A kill at any instant loses nothing that was registered. Several processes
// may use one registry at a time; a ModelRegistry object serves one thread at a time.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <pmtune/evaluator.hpp>
#include <pmtune/export.hpp>
#include <pmtune/lora_trainer.hpp>
#include <pmtune/model.hpp>

namespace pmtune {

struct ModelVersion {
  std::string id;    // "PM-Assistant-v1"
  std::string name;  // "PM-Assistant"
  std::int64_t number = 0;
  std::string created;  // ISO 8601, UTC
  std::string notes;
  std::vector<std::string> aliases;  // that point here now
  std::string parent;                // id of the version before it, of the same name; empty for the first
  std::string changed;               // what differs from the parent: data, options, base; one line
  std::string base_name;
  std::string base_source;   // the path it was loaded from
  std::string base_hash;     // SHA-256 each
  std::string data_hash;     // of the whole set given to train(), as Dataset::hash
  std::string data_version;  // id of the first data version with that hash; empty when it was never committed
  std::string config_hash;
  std::string adapter_hash;  // name of its folder under objects/
  std::string config;        // TrainConfig as JSON
  std::map<std::string, double> metrics;
  std::string verdict;  // "better", "worse", "cannot_tell", or empty when it was not judged
  std::string verdict_sentence;
  std::string folder;      // where its adapter lies now
  std::int64_t bytes = 0;  // on disk
  bool archived = false;
};
PMTUNE_API std::ostream& operator<<(std::ostream& out, const ModelVersion& version);  // one line

// A state of a set of examples that somebody wanted to keep.
struct DataVersion {
  std::string id;    // "PM-examples-d3"
  std::string name;  // "PM-examples"
  std::int64_t number = 0;
  std::string hash;     // Dataset::hash
  std::string parent;   // id of the version before it, of the same name; empty for the first
  std::string author;   // who committed it; may be empty
  std::string note;     // may be empty
  std::string created;  // ISO 8601, UTC
  std::int64_t examples = 0;
  std::int64_t added = 0;  // against the parent, as Dataset::diff counts; for the first version all are added
  std::int64_t removed = 0;
  std::int64_t edited = 0;
  std::vector<std::string> models;  // ids of the model versions that were trained on it, oldest first
};
PMTUNE_API std::ostream& operator<<(std::ostream& out, const DataVersion& version);  // one line

struct LogEntry {
  std::string when;     // ISO 8601, UTC
  std::string action;   // "add", "alias", "note", "commit", ...
  std::string subject;  // a version's id
  std::string text;
};

class PMTUNE_API ModelRegistry {
 public:
  // Creates the folder when it is missing. Throws io, corrupt (the database is damaged), invalid_argument (a file).
  explicit ModelRegistry(const std::string& folder = "models");

  const std::string& folder() const;

  // Registers a trained model as the next version of result.config.name. The name may hold letters, digits, '.', '_'
  // and
  // '-', begins with a letter or digit, and must not end in -v and a number. Throws invalid_argument, io.
  ModelVersion add(const TrainResult& result, const EvalReport& report, const std::string& notes = "");
  ModelVersion add(const TrainResult& result, const std::string& notes = "");

  std::vector<ModelVersion> list(const std::string& name = "", bool archived = false) const;  // newest first
  // reference: "NAME-vN", "NAME@alias", or "NAME" for the newest. Throws not_found, with the nearest known name.
  ModelVersion get(const std::string& reference) const;
  bool contains(const std::string& reference) const;

  void set_notes(const std::string& reference, const std::string& notes);

  // Aliases belong to a name: every name has its own "primary". Moving one is atomic and logged.
  void set_alias(const std::string& alias, const ModelVersion& version);
  void set_alias(const std::string& alias, const std::string& reference);
  void remove_alias(const std::string& name, const std::string& alias);

  // Loads base and adapter. Throws not_found when the base file has moved (naming it and its hash), corrupt when the
  // adapter's content is not what was registered.
  Model open(const std::string& reference, const ModelOptions& options = {}) const;
  // The same on a base that is loaded already (what Model::load gives for base_source), whose weights are shared.
  Model open(const std::string& reference, const Model& base) const;

  // Keeps the examples, with their authors, as the next version of that name. When they are those of the newest
  // version (by Dataset::hash, so whoever wrote them), nothing is kept anew and that version is returned. The name
  // follows the rule of models' names, but must not end in -d and a number; data and models may have the same name.
  // Throws invalid_argument (also for a set without examples), io, corrupt (the newest version is damaged).
  DataVersion commit_data(const std::string& name, const Dataset& data, const std::string& author = "",
                          const std::string& note = "");
  std::vector<DataVersion> list_data(const std::string& name = "") const;  // newest first
  // reference: "NAME-dN", or "NAME" for the newest. Throws not_found, with the nearest known name.
  DataVersion get_data(const std::string& reference) const;
  // The examples, whose origin is the version's id. Throws corrupt when they are not what was committed.
  Dataset open_data(const std::string& reference) const;
  DatasetDiff diff_data(const std::string& before, const std::string& after) const;

  // reference: of a model or of data ("NAME-dN"); a name alone means all of its models.
  std::vector<LogEntry> log(const std::string& reference = "", std::int64_t most = 100) const;  // newest first

  // Later (docs/status.md): these throw unsupported.
  void archive(const std::string& reference);
  void restore(const std::string& reference);
  void backup(const std::string& path) const;
  void bundle(const std::string& reference, const std::string& path) const;
  ModelVersion import_bundle(const std::string& path);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pmtune
