// What a model can be called: a path, a name that pmtune knows, a version in the registry, or the name of a model on
// this disk. It stands here because this is the first room that knows them all.
#include <algorithm>
#include <optional>
#include <vector>

#include "base/ascii.hpp"
#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/options.hpp"
#include "base/names.hpp"
#include "hub/candidate.hpp"
#include "hub/places.hpp"
#include "hub/repository_name.hpp"
#include "hub/resolve.hpp"
#include "registry/model_source.hpp"
#include "registry/version_store.hpp"

namespace pmtune {

// Of model/loading.hpp, which cannot be included here: it knows torch, and the rooms below it are built without.
namespace model {
Model load_from_path(const std::filesystem::path& path, const ModelOptions& options);
}

namespace fs = std::filesystem;
namespace {

constexpr const char* what_may_be_given =
    "give a .gguf file, a Hugging Face folder, an adapter folder, a known name (smollm2-135m-instruct), a model that "
    "`pmtune models --local` lists, or a version in the registry (PM-Assistant@primary)";

const std::vector<std::string>& known_models() {
  static const std::vector<std::string> names{"smollm2-135m-instruct"};
  return names;
}

// The known name that the text means, also in the hub's spelling ("HuggingFaceTB/SmolLM2-135M-Instruct"); empty when
// none.
std::string known_name(const std::string& source) {
  const std::string name = ascii_lower(source.substr(source.rfind('/') + 1));
  const auto& known = known_models();
  return std::find(known.begin(), known.end(), name) == known.end() ? "" : name;
}

fs::path fetched_file(const std::string& name) {
  const fs::path folder = hub::pulled_folder() / name;
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".gguf") files.push_back(at->path());
  if (files.empty())
    fail(Code::not_found, "The model ", name, " has not been fetched to ", folder.string(),
         " yet; run `scripts/fetch-model ", name, "`, or in Python pmtune.fetch(\"", name, "\").");
  return *std::min_element(files.begin(), files.end());
}

// Where another program, or pull, has put the model of that name; nothing when none has.
std::optional<std::string> found_on_disk(const std::string& name) {
  const auto found = hub::choose_by_name(name, hub::find_candidates());
  if (!found) return std::nullopt;
  if (!found->fault.empty()) fail(Code::unsupported, found->fault);
  return found->source.string();
}

bool is_adapter_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path / "adapter_config.json", error) && !fs::exists(path / "config.json", error);
}

// The base as the adapter's config names it: a path (from here, or from the adapter), or a known name.
std::string base_of(const fs::path& adapter) {
  constexpr std::size_t largest_config = std::size_t{1} << 20;
  const fs::path file = adapter / "adapter_config.json";
  const Json config = parse_json_or_throw(read_text_file(file, largest_config), file.string());
  if (!config.is_object() || !config.contains("base_model_name_or_path") ||
      !config["base_model_name_or_path"].is_string())
    fail(Code::corrupt, file.string(),
         " does not name its base (base_model_name_or_path); load the base, then call load_adapter.");
  const std::string base = config["base_model_name_or_path"].get<std::string>();
  std::error_code error;
  for (const fs::path& candidate : {fs::path(base), adapter / base}) {
    if (base.empty() || !fs::exists(candidate, error)) continue;
    if (is_adapter_folder(candidate))
      fail(Code::unsupported, "The adapter ", adapter.string(), " names another adapter, ", candidate.string(),
           ", as its base; name a model.");
    return candidate.string();
  }
  if (const auto found = found_on_disk(base)) return *found;
  if (const std::string name = known_name(base); !name.empty()) return fetched_file(name).string();
  fail(Code::not_found, "The base \"", base, "\" of the adapter ", adapter.string(), " is not on this machine; ",
       hub::parse_repository_name(base) ? concat("run `pmtune pull ", base, "`, or ") : "",
       "load the base from where it is, then call load_adapter.");
}

bool looks_like_reference(const std::string& source) {
  if (source.find('/') != std::string::npos) return false;
  return source.find('@') != std::string::npos || parse_reference(source).number > 0;
}

[[noreturn]] void fail_unknown(const std::string& source, const std::string& more = "") {
  fail(Code::not_found, "There is no model \"", source, "\"", more, "; ", what_may_be_given, ".",
       did_you_mean(source, known_models()));
}

// Rather than the path of a file that is not there.
bool looks_like_repository(const std::string& source) {
  std::error_code error;
  return hub::parse_repository_name(source) && fs::path(source).extension() != ".gguf" &&
         !fs::exists(fs::path(source).parent_path(), error);
}

[[noreturn]] void fail_not_pulled(const std::string& source) {
  fail(Code::not_found, "The model \"", source, "\" is not on this machine; run `pmtune pull ", source,
       "` (in Python pmtune.pull(\"", source, "\")), or ", what_may_be_given, ".");
}

std::string registry_folder() {
  const std::string set = hub::environment("PMTUNE_REGISTRY");
  return set.empty() ? "models" : set;
}

// "PM-Assistant" alone, which means its newest version.
bool is_registered_name(const std::string& source) {
  return source.find('/') == std::string::npos && registry::VersionStore::exists_at(registry_folder()) &&
         ModelRegistry(registry_folder()).contains(source);
}

Model open_reference(const std::string& source, const ModelOptions& options) {
  const std::string folder = registry_folder();
  if (!registry::VersionStore::exists_at(folder))
    fail_unknown(source, concat(", and there is no registry in the folder ", folder));
  return ModelRegistry(folder).open(source, options);
}

}  // namespace

std::string registry::path_of_model(const std::string& source) {
  if (source.empty()) fail(Code::invalid_argument, "The model's source is an empty text; ", what_may_be_given, ".");
  std::error_code error;
  if (fs::exists(source, error)) return source;
  if (source.find('/') == std::string::npos)
    if (const std::string name = known_name(source); !name.empty()) return fetched_file(name).string();
  if (looks_like_reference(source)) return "";
  if (const auto found = found_on_disk(source)) return *found;
  if (is_registered_name(source)) return "";
  if (looks_like_repository(source)) fail_not_pulled(source);
  fail_unknown(source);
}

Model Model::load(const std::string& source, const ModelOptions& options) {
  validate_options(options);
  const std::string path = registry::path_of_model(source);
  if (path.empty()) return open_reference(source, options);
  if (!is_adapter_folder(path)) return model::load_from_path(path, options);
  return model::load_from_path(base_of(path), options).load_adapter(path);
}

}  // namespace pmtune
