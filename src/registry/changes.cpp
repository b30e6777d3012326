#include "registry/changes.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/sha256.hpp"

namespace pmtune::registry {
namespace {

// Options that change no result: what the version is called, and how the machine is used.
constexpr std::array<std::string_view, 5> immaterial{"name", "checkpoint_dir", "max_memory", "micro_batch_tokens",
                                                     "recompute"};

// Only what matters, in one order whatever the order in the text was.
nlohmann::json material_options(const std::string& config_json) {
  nlohmann::json options = nlohmann::json::parse(config_json, nullptr, false);
  if (!options.is_object()) return nlohmann::json::object();
  for (const std::string_view name : immaterial) options.erase(std::string(name));
  return options;
}

std::string value_text(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>().empty() ? "none" : value.get<std::string>();
  if (!value.is_array()) return value.is_null() ? "default" : value.dump();
  std::string list;
  for (const auto& item : value) list += (list.empty() ? "" : "+") + value_text(item);
  return list.empty() ? "none" : list;
}

std::string data_change(const ModelVersion& parent, const NewVersion& version) {
  if (parent.data_hash == version.data_hash) return "";
  const auto before = parent.metrics.find("examples");
  const auto after = version.metrics.find("examples");
  if (before == parent.metrics.end() || after == version.metrics.end()) return "data";
  if (before->second == after->second) return concat("data (still ", after->second, " examples)");
  return concat("data ", before->second, " → ", after->second, " examples");
}

}  // namespace

std::string changes_since(const ModelVersion& parent, const NewVersion& version) {
  std::string changes;
  auto add = [&](const std::string& change) {
    if (!change.empty()) changes += (changes.empty() ? "" : "; ") + change;
  };
  add(data_change(parent, version));
  const nlohmann::json before = material_options(parent.config);
  const nlohmann::json after = material_options(version.config);
  for (const auto& [name, value] : after.items()) {
    const nlohmann::json old = before.value(name, nlohmann::json());
    if (old != value) add(concat(name, " ", value_text(old), " → ", value_text(value)));
  }
  if (parent.base_hash != version.base_hash) {
    const bool renamed = parent.base_name != version.base_name;
    add(renamed ? concat("base ", parent.base_name, " → ", version.base_name)
                : concat("base (another file of ", version.base_name, ")"));
  }
  return changes.empty() ? "nothing; trained again with the same data and options" : changes;
}

std::string config_hash(const std::string& config_json) { return sha256_of(material_options(config_json).dump()); }

}  // namespace pmtune::registry
