#include <algorithm>
#include <ostream>
#include <pmtune/fields.hpp>
#include <pmtune/model_registry.hpp>

#include "base/fail.hpp"
#include "data/problems.hpp"
#include "registry/version_store.hpp"

namespace pmtune {
namespace fs = std::filesystem;

struct ModelRegistry::Impl {
  explicit Impl(const std::string& given) : store(given), folder(store.folder().string()) {}
  registry::VersionStore store;
  std::string folder;
};

namespace {

registry::NewVersion describe(const TrainResult& result, const std::string& notes) {
  if (!result.model.has_adapter())
    fail(Code::invalid_argument, "The training result has no adapter, so there is nothing to register; train first.");
  registry::NewVersion version;
  version.name = result.config.name;
  version.notes = notes;
  version.base_name = result.model.info().name;
  std::error_code error;
  version.base_source = fs::absolute(result.model.info().source, error).lexically_normal().string();
  version.base_hash = result.model.hash();
  version.config = result.config.to_json();
  version.metrics = result.metrics;
  if (const auto record = result.model.training_record()) {
    version.data_hash = record->data_hash;
    version.metrics["examples"] = static_cast<double>(record->examples);
  }
  return version;
}

[[noreturn]] void not_built(const char* what, const char* meanwhile) {
  fail(Code::unsupported, what, " is not built yet (docs/status.md); meanwhile, ", meanwhile, ".");
}

}  // namespace

ModelRegistry::ModelRegistry(const std::string& folder) : impl_(std::make_shared<Impl>(folder)) {}

const std::string& ModelRegistry::folder() const { return impl_->folder; }

ModelVersion ModelRegistry::add(const TrainResult& result, const std::string& notes) {
  return impl_->store.add(describe(result, notes),
                          [&](const fs::path& folder) { result.model.save_adapter(folder.string()); });
}

ModelVersion ModelRegistry::add(const TrainResult& result, const EvalReport& report, const std::string& notes) {
  registry::NewVersion version = describe(result, notes);
  for (const auto& [name, value] : report.scores()) version.metrics[name] = value;
  version.report = report.to_json();
  if (report.arms.size() == 2) {  // one arm alone is measured, not judged
    version.verdict = to_string(report.verdict.outcome);
    version.verdict_sentence = report.verdict.sentence;
  }
  return impl_->store.add(version, [&](const fs::path& folder) { result.model.save_adapter(folder.string()); });
}

std::vector<ModelVersion> ModelRegistry::list(const std::string& name, bool archived) const {
  return impl_->store.list(name, archived);
}

ModelVersion ModelRegistry::get(const std::string& reference) const { return impl_->store.get(reference); }

bool ModelRegistry::contains(const std::string& reference) const {
  try {
    impl_->store.get(reference);
    return true;
  } catch (const Error& error) {
    if (error.code() == Code::not_found || error.code() == Code::invalid_argument) return false;
    throw;
  }
}

void ModelRegistry::set_notes(const std::string& reference, const std::string& notes) {
  impl_->store.set_notes(reference, notes);
}

void ModelRegistry::set_alias(const std::string& alias, const ModelVersion& version) {
  impl_->store.set_alias(alias, version.id);
}
void ModelRegistry::set_alias(const std::string& alias, const std::string& reference) {
  impl_->store.set_alias(alias, reference);
}
void ModelRegistry::remove_alias(const std::string& name, const std::string& alias) {
  impl_->store.remove_alias(name, alias);
}

Model ModelRegistry::open(const std::string& reference, const ModelOptions& options) const {
  const ModelVersion version = get(reference);
  std::error_code error;
  if (!fs::exists(version.base_source, error))
    fail(Code::not_found, "The base model of ", version.id, " is no longer at ", version.base_source,
         "; put the file ", version.base_name, " with SHA-256 ", version.base_hash, " back there.");
  return open(version.id, Model::load(version.base_source, options));
}

Model ModelRegistry::open(const std::string& reference, const Model& base) const {
  const ModelVersion version = get(reference);
  impl_->store.check_adapter(version);
  if (base.hash() != version.base_hash)
    fail(Code::corrupt, "The file ", base.info().source, " is not the base that ", version.id,
         " was trained on; it has SHA-256 ", base.hash(), ", and ", version.base_hash,
         " is needed. Put the right file back.");
  return base.load_adapter(version.folder);
}

DataVersion ModelRegistry::commit_data(const std::string& name, const Dataset& data, const std::string& author,
                                       const std::string& note) {
  return impl_->store.data().commit(name, data, author, note);
}

std::vector<DataVersion> ModelRegistry::list_data(const std::string& name) const {
  return impl_->store.data().list(name);
}

DataVersion ModelRegistry::get_data(const std::string& reference) const { return impl_->store.data().get(reference); }

Dataset ModelRegistry::open_data(const std::string& reference) const { return impl_->store.data().open(reference); }

DatasetDiff ModelRegistry::diff_data(const std::string& before, const std::string& after) const {
  return open_data(before).diff(open_data(after));
}

std::vector<LogEntry> ModelRegistry::log(const std::string& reference, std::int64_t most) const {
  return impl_->store.log(reference, most);
}

void ModelRegistry::archive(const std::string&) {
  not_built("Archiving", "older versions do no harm where they are");
}
void ModelRegistry::restore(const std::string&) {
  not_built("Restoring from the archive", "nothing can be archived either");
}
void ModelRegistry::backup(const std::string&) const {
  not_built("Backing up", "copy the registry's folder while nothing uses it");
}
void ModelRegistry::bundle(const std::string&, const std::string&) const {
  not_built("Bundling", "copy the version's adapter folder; other tools read it as it is");
}
ModelVersion ModelRegistry::import_bundle(const std::string&) {
  not_built("Importing a bundle", "load its adapter folder with Model::load");
}

std::ostream& operator<<(std::ostream& out, const ModelVersion& version) {
  out << version.id << "  " << version.created.substr(0, 10);
  std::string aliases;
  for (const std::string& alias : version.aliases) aliases += (aliases.empty() ? "" : ", ") + alias;
  if (!aliases.empty()) out << "  [" << aliases << ']';
  if (!version.verdict.empty()) out << "  " << (version.verdict == "cannot_tell" ? "cannot tell" : version.verdict);
  out << "  " << to_string(ByteSize(version.bytes));
  if (!version.notes.empty()) out << "  " << version.notes.substr(0, version.notes.find('\n'));
  if (version.archived) out << "  (archived)";
  return out;
}

std::ostream& operator<<(std::ostream& out, const DataVersion& version) {
  out << version.id << "  " << version.created.substr(0, 10) << "  " << version.examples
      << (version.examples == 1 ? " example" : " examples");
  if (!version.parent.empty())
    out << " (+" << version.added << " -" << version.removed << " ~" << version.edited << ')';
  if (!version.author.empty()) out << "  " << data::one_line(version.author);
  if (!version.note.empty()) out << "  " << data::one_line(version.note.substr(0, version.note.find('\n')));
  return out;
}

}  // namespace pmtune
