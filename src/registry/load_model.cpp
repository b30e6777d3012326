// What a model can be called: a path, a name that pmtune knows, or a version in the registry. It stands here because
// this is the first room that knows all three.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/options.hpp"
#include "base/names.hpp"
#include "registry/version_store.hpp"

namespace pmtune {

// Of model/loading.hpp, which cannot be included here: it knows torch, and the rooms below it are built without.
namespace model {
Model load_from_path(const std::filesystem::path& path, const ModelOptions& options);
}

namespace fs = std::filesystem;
namespace {

constexpr const char* what_may_be_given =
    "give a .gguf file, a Hugging Face folder, an adapter folder, a known name (smollm2-135m-instruct) or a version "
    "in the registry "
    "(PM-Assistant@primary)";

const std::vector<std::string>& known_models() {
  static const std::vector<std::string> names{"smollm2-135m-instruct"};
  return names;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

fs::path cache_folder() {
  if (const std::string own = environment("PMTUNE_CACHE"); !own.empty()) return own;
  if (const std::string users = environment("XDG_CACHE_HOME"); !users.empty()) return fs::path(users) / "pmtune";
  return fs::path(environment("HOME")) / ".cache" / "pmtune";
}

// The known name that the text means, also in the hub's spelling ("HuggingFaceTB/SmolLM2-135M-Instruct"); empty when
// none.
std::string known_name(const std::string& source) {
  const std::string name = lower(source.substr(source.rfind('/') + 1));
  const auto& known = known_models();
  return std::find(known.begin(), known.end(), name) == known.end() ? "" : name;
}

fs::path fetched_file(const std::string& name) {
  const fs::path folder = cache_folder() / "models" / name;
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".gguf") files.push_back(at->path());
  if (files.empty())
    fail(Code::not_found, "The model ", name, " has not been fetched to ", folder.string(),
         " yet; run `scripts/fetch-model ", name, "`, or in Python pmtune.fetch(\"", name, "\").");
  return *std::min_element(files.begin(), files.end());
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
  if (const std::string name = known_name(base); !name.empty()) return fetched_file(name).string();
  fail(Code::not_found, "The base \"", base, "\" of the adapter ", adapter.string(),
       " is not on this machine; load the base from where it is, then call load_adapter.");
}

bool looks_like_reference(const std::string& source) {
  if (source.find('/') != std::string::npos) return false;
  return source.find('@') != std::string::npos || parse_reference(source).number > 0;
}

[[noreturn]] void fail_unknown(const std::string& source, const std::string& more = "") {
  fail(Code::not_found, "There is no model \"", source, "\"", more, "; ", what_may_be_given, ".",
       did_you_mean(source, known_models()));
}

Model open_reference(const std::string& source, const ModelOptions& options) {
  const std::string set = environment("PMTUNE_REGISTRY");
  const std::string folder = set.empty() ? "models" : set;
  if (!registry::VersionStore::exists_at(folder))
    fail_unknown(source, concat(", and there is no registry in the folder ", folder));
  return ModelRegistry(folder).open(source, options);
}

}  // namespace

Model Model::load(const std::string& source, const ModelOptions& options) {
  if (source.empty()) fail(Code::invalid_argument, "The model's source is an empty text; ", what_may_be_given, ".");
  validate_options(options);
  std::error_code error;
  if (fs::exists(source, error)) {
    if (!is_adapter_folder(source)) return model::load_from_path(source, options);
    return model::load_from_path(base_of(source), options).load_adapter(source);
  }
  if (source.find('/') == std::string::npos)
    if (const std::string name = known_name(source); !name.empty())
      return model::load_from_path(fetched_file(name), options);
  if (looks_like_reference(source)) return open_reference(source, options);
  fail_unknown(source);
}

}  // namespace pmtune
