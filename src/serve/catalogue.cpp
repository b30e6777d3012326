#include "serve/catalogue.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <set>
#include <utility>

#include "base/log.hpp"
#include "base/options.hpp"
#include "registry/model_source.hpp"

namespace pmtune::serve {
namespace {

namespace fs = std::filesystem;

constexpr const char* routed_name = "auto";

// What a person would call the file or folder; other sources are names already.
std::string short_name(const std::string& source) {
  std::error_code error;
  if (!fs::exists(source, error)) return source;
  fs::path path = fs::absolute(source, error).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return path.extension() == ".gguf" ? path.stem().string() : path.filename().string();
}

// "2026-11-24T02:46:19Z" as Unix time; 0 for anything else.
std::int64_t unix_time(const std::string& iso) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(iso.c_str(), "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour, &minute, &second) != 6) return 0;
  const std::chrono::sys_days date =
      std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                  std::chrono::day(static_cast<unsigned>(day)));
  return std::chrono::duration_cast<std::chrono::seconds>(date.time_since_epoch()).count() + hour * 3600 +
         minute * 60 + second;
}

bool is_primary(const ModelVersion& version) {
  return std::find(version.aliases.begin(), version.aliases.end(), "primary") != version.aliases.end();
}

Wanted wanted_version(const ModelVersion& version) {
  return {version.id, version.base_source, version.id, version.adapter_hash, ""};
}

}  // namespace

Catalogue::Catalogue(std::optional<ModelRegistry> registry, const ServerOptions& options)
    : registry_(std::move(registry)),
      start_(std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
                 .count()) {
  for (const std::string& source : options.models) {
    if (registry_ && registry_->contains(source)) continue;  // served anyway
    const Named named{short_name(source), source, registry::path_of_model(source)};
    const bool is_taken =
        std::any_of(named_.begin(), named_.end(), [&](const Named& other) { return other.id == named.id; });
    if (is_taken)
      fail(Code::invalid_argument, "Two models would be served as \"", named.id,
           "\"; rename the file or folder of one.");
    named_.push_back(named);
  }
}

std::vector<Catalogue::Entry> Catalogue::list() const {
  std::vector<Entry> entries;
  std::set<std::string> names;
  if (registry_) {
    const std::lock_guard lock(mutex_);
    for (const ModelVersion& version : registry_->list()) {  // newest first
      const std::int64_t created = unix_time(version.created);
      if (names.insert(version.name).second) entries.push_back({version.name, created, "pmtune-registry"});
      entries.push_back({version.id, created, "pmtune-registry"});
      for (const std::string& alias : version.aliases)
        entries.push_back({version.name + "@" + alias, created, "pmtune-registry"});
    }
  }
  for (const Named& named : named_) entries.push_back({named.id, start_, "pmtune"});
  if (!entries.empty()) entries.insert(entries.begin(), {routed_name, start_, "pmtune"});
  return entries;
}

Wanted Catalogue::find(const std::string& name, const std::string& question) const {
  for (const Named& named : named_)
    if (name == named.id || name == named.source)
      return {named.id, named.path.empty() ? named.source : named.path, "", "", ""};
  if (const auto found = in_registry(name)) return *found;
  if (name == routed_name) return routed(question);
  fail_unknown(name);
}

std::optional<Wanted> Catalogue::in_registry(const std::string& name) const {
  if (!registry_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (!registry_->contains(name)) return std::nullopt;
  return wanted_version(registry_->get(name));
}

Wanted Catalogue::routed(const std::string& question) const {
  std::optional<Route> route;
  {
    const std::lock_guard lock(mutex_);
    route = choose_route(question, candidates(), named_.empty() ? "" : named_.front().id);
  }
  if (!route)
    throw make_error(404, "model_not_found",
                     "There is no model to choose: the registry has no versions, and none was named when the server "
                     "was started.");
  Wanted wanted = find(route->id, "");
  wanted.reason = route->reason;
  return wanted;
}

std::vector<RouteCandidate> Catalogue::candidates() const {
  if (!registry_) return {};
  std::vector<ModelVersion> versions = registry_->list();
  std::map<std::string, const ModelVersion*> chosen;  // of each name its primary version, else the newest
  for (const ModelVersion& version : versions)
    if (const ModelVersion*& one = chosen[version.name]; !one || is_primary(version)) one = &version;
  std::vector<RouteCandidate> found;
  for (const ModelVersion& version : versions)
    if (chosen[version.name] == &version) found.push_back({version.id, is_primary(version), questions(version)});
  return found;
}

std::shared_ptr<const QuestionIndex> Catalogue::questions(const ModelVersion& version) const {
  if (version.data_version.empty()) return nullptr;
  auto& index = questions_[version.data_hash];
  if (!index) {
    try {
      index = std::make_shared<QuestionIndex>(registry_->open_data(version.data_version));
    } catch (const Error& error) {
      // Damaged examples are no reason to refuse an answer.
      log(LogLevel::warning, concat("Requests are routed without the examples of ", version.id, ": ", error.what()));
    }
  }
  return index;
}

Model Catalogue::open(const std::string& version, const Model& base) const {
  // A handle of its own: reading a large base through for its checksum must not hold up others.
  return ModelRegistry(registry_->folder()).open(version, base);
}

void Catalogue::fail_unknown(const std::string& name) const {
  std::vector<std::string> known;
  for (const Entry& entry : list()) known.push_back(entry.id);
  ApiError error = make_error(
      404, "model_not_found",
      concat("There is no model \"", name, "\"; GET /v1/models lists what there is.", did_you_mean(name, known)));
  error.param = "model";
  throw error;
}

}  // namespace pmtune::serve
