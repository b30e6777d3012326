#include "files/adapter_config.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>

#include "base/atomic_file.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "files/limits.hpp"
#include "files/mapped_file.hpp"
#include "files/wording.hpp"

namespace pmtune::files {
namespace fs = std::filesystem;

namespace {

constexpr const char* file_name = "adapter_config.json";

// ---- reading
// --------------------------------------------------------------------------------------------------------

// Reads one adapter_config.json; every complaint names the file and the key.
class ConfigReader {
 public:
  ConfigReader(const fs::path& path, const Json& json) : path_(path), json_(json) {}

  AdapterConfig read() const {
    refuse_other_methods();
    refuse_extras();
    AdapterConfig config;
    config.rank = rank();
    config.alpha = number(
        "lora_alpha", 8, [](double value) { return value > 0 && value <= limits::largest_alpha; },
        "above 0 and at most a million");
    config.dropout = number(
        "lora_dropout", 0, [](double value) { return value >= 0 && value < 1; }, "at least 0 and below 1");
    config.rslora = flag("use_rslora");
    config.target_modules = target_modules();
    config.layers = layers();
    config.base_model = text("base_model_name_or_path");
    return config;
  }

 private:
  // The value under `key`; nullptr when it is absent or null, which PEFT treats alike.
  const Json* find(const char* key) const {
    const auto entry = json_.find(key);
    return entry == json_.end() || entry->is_null() ? nullptr : &*entry;
  }

  template <class... Parts>
  [[noreturn]] void wrong(const char* key, const Parts&... parts) const {
    fail_damaged(path_, "its key ", in_quotes(key), " ", parts...);
  }

  template <class... Parts>
  [[noreturn]] void unsupported(const Parts&... parts) const {
    fail(Code::unsupported, "The adapter described in ", path_.string(), " ", parts...,
         ", which pmtune does not support; choose a plain LoRA adapter.");
  }

  bool flag(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return false;
    if (!value->is_boolean()) wrong(key, "should be true or false");
    return value->get<bool>();
  }

  std::string text(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return "";
    if (!value->is_string()) wrong(key, "should be a text");
    return value->get<std::string>();
  }

  template <class Accepts>
  double number(const char* key, double otherwise, Accepts accepts, const char* range) const {
    const Json* value = find(key);
    if (value == nullptr) return otherwise;
    if (!value->is_number() || !accepts(value->get<double>())) wrong(key, "should be a number ", range);
    return value->get<double>();
  }

  std::int64_t rank() const {
    const Json* value = find("r");
    if (value == nullptr) wrong("r", "(the adapter's rank) is missing");
    // An integer above 2^63-1 is unsigned in the JSON tree, so that it is compared as such.
    const bool positive = value->is_number_unsigned();
    if (!positive || value->get<std::uint64_t>() < 1 ||
        value->get<std::uint64_t>() > static_cast<std::uint64_t>(limits::largest_rank))
      wrong("r", "(the adapter's rank) should be a whole number from 1 to ", limits::largest_rank);
    return value->get<std::int64_t>();
  }

  // Set to something other than null, false, "", [] or {}.
  bool is_set(const char* key) const {
    const Json* value = find(key);
    if (value == nullptr) return false;
    if (value->is_boolean()) return value->get<bool>();
    if (value->is_string()) return !value->get_ref<const std::string&>().empty();
    return value->is_structured() ? !value->empty() : true;
  }

  void refuse_other_methods() const {
    const std::string method = text("peft_type");
    if (method.empty()) wrong("peft_type", "is missing, so it does not describe a PEFT adapter");
    if (method != "LORA") unsupported("is of the kind ", in_quotes(method));
    const std::string task = text("task_type");
    if (!task.empty() && task != "CAUSAL_LM")
      unsupported("is for the task ", in_quotes(task), ", not for writing text");
    const std::string bias = text("bias");
    if (!bias.empty() && bias != "none") unsupported("trains biases (\"bias\" is ", in_quotes(bias), ")");
    refuse_changed_base();
  }

  // These ways to begin alter the base model too, so that the adapter does not fit the base model as published.
  void refuse_changed_base() const {
    const Json* start = find("init_lora_weights");
    if (start == nullptr || start->is_boolean()) return;
    if (!start->is_string()) wrong("init_lora_weights", "should be true, false or a text");
    constexpr std::array<std::string_view, 4> harmless = {"gaussian", "eva", "orthogonal", "mica"};
    const auto& name = start->get_ref<const std::string&>();
    if (std::find(harmless.begin(), harmless.end(), name) == harmless.end())
      unsupported("was begun with ", in_quotes(name), ", which changes the base model");
  }

  void refuse_extras() const {
    struct Extra {
      const char* key;
      const char* meaning;
    };
    constexpr std::array<Extra, 18> extras = {{
        {"use_dora", "uses DoRA"},
        {"use_qalora", "uses QALoRA"},
        {"use_bdlora", "uses BD-LoRA"},
        {"lora_bias", "has biases of its own"},
        {"fan_in_fan_out", "is for weights stored the other way round"},
        {"rank_pattern", "has different ranks for different layers"},
        {"alpha_pattern", "has different strengths for different layers"},
        {"modules_to_save", "replaces whole parts of the model"},
        {"layers_pattern", "finds its layers by a pattern"},
        {"layer_replication", "repeats layers of the model"},
        {"exclude_modules", "leaves modules out"},
        {"target_parameters", "changes single parameters"},
        {"trainable_token_indices", "changes single tokens"},
        {"alora_invocation_tokens", "is an activated LoRA"},
        {"megatron_config", "is for Megatron"},
        {"arrow_config", "is a mixture of adapters"},
        {"kasa_config", "uses KaSA"},
        {"monteclora_config", "uses MonteCLoRA"},
    }};
    for (const Extra& extra : extras)
      if (is_set(extra.key)) unsupported(extra.meaning, " (", in_quotes(extra.key), ")");
  }

  // A number or a list of them.
  std::vector<std::int64_t> layers() const {
    const Json* value = find("layers_to_transform");
    if (value == nullptr) return {};
    const Json list = value->is_array() ? *value : Json::array({*value});
    if (list.size() > limits::most_layers) wrong("layers_to_transform", "names too many layers");
    std::vector<std::int64_t> layers;
    for (const Json& entry : list) {
      if (!entry.is_number_unsigned() || entry.get<std::uint64_t>() >= limits::most_layers)
        wrong("layers_to_transform", "should hold numbers of layers, counted from 0");
      layers.push_back(entry.get<std::int64_t>());
    }
    std::sort(layers.begin(), layers.end());
    layers.erase(std::unique(layers.begin(), layers.end()), layers.end());
    return layers;
  }

  std::vector<std::string> target_modules() const {
    const Json* value = find("target_modules");
    if (value == nullptr) wrong("target_modules", "is missing");
    if (value->is_string()) refuse_pattern(value->get_ref<const std::string&>());
    if (!value->is_array() || value->empty() || value->size() > limits::most_target_modules)
      wrong("target_modules", "should be a list of 1 to ", limits::most_target_modules, " names");
    std::vector<std::string> names;
    for (const Json& entry : *value) {
      if (!entry.is_string() || entry.get_ref<const std::string&>().empty() ||
          entry.get_ref<const std::string&>().size() > limits::longest_tensor_name)
        wrong("target_modules", "should be a list of names and holds something else");
      names.push_back(entry.get<std::string>());
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  [[noreturn]] void refuse_pattern(const std::string& pattern) const {
    const char* meaning =
        pattern == "all-linear" ? "names its modules by the shorthand " : "names its modules by the pattern ";
    fail(
        Code::unsupported, "The adapter described in ", path_.string(), " ", meaning, in_quotes(pattern),
        ", which pmtune does not support; in that file, replace it by the list of module names, such as [\"q_proj\", "
        "\"v_proj\"].");
  }

  const fs::path& path_;
  const Json& json_;
};

Json parse_config(const fs::path& path) {
  const MappedFile file(path);  // refuses pipes and devices, which could be read for ever
  const std::span<const std::byte> bytes = file.bytes();
  if (bytes.size() > limits::largest_adapter_config)
    fail_damaged(path, "it has more than ", limits::largest_adapter_config,
                 " bytes, and an adapter's settings are small");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  // The JSON parser takes a NUL for the end of the text and would not look at what follows.
  if (text.find('\0') != std::string_view::npos) fail_damaged(path, "it contains a zero byte");
  Json json;
  JsonFault fault;
  if (!parse_json(text, json, fault))
    fail_damaged(path, "it is not valid JSON at line ", fault.line, ", column ", fault.column, " (", fault.reason,
                 ")");
  if (!json.is_object()) fail_damaged(path, "it is not a JSON object {...}");
  return json;
}

// ---- writing
// --------------------------------------------------------------------------------------------------------

void require_writable(const AdapterConfig& config) {
  const auto refuse = [](const auto&... parts) { fail(Code::invalid_argument, "An adapter's ", parts..., "."); };
  if (config.rank < 1 || config.rank > limits::largest_rank)
    refuse("rank must be from 1 to ", limits::largest_rank, " and is ", config.rank);
  if (!(config.alpha > 0 && config.alpha <= limits::largest_alpha))
    refuse("alpha must be above 0 and at most a million and is ", config.alpha);
  if (!(config.dropout >= 0 && config.dropout < 1))
    refuse("dropout must be at least 0 and below 1 and is ", config.dropout);
  if (config.target_modules.empty() || config.target_modules.size() > limits::most_target_modules)
    refuse("list of modules must have 1 to ", limits::most_target_modules, " names");
  for (const std::string& name : config.target_modules)
    if (name.empty() || name.size() > limits::longest_tensor_name || find_invalid_utf8(name) != std::string::npos)
      refuse("list of modules holds ", in_quotes(name), ", which is not a name");
  if (find_invalid_utf8(config.base_model) != std::string::npos)
    refuse("base model ", in_quotes(config.base_model), " is not UTF-8; rename it");
}

// PEFT expects lora_alpha as an integer, and prints it as one.
Json whole_where_possible(double value) {
  return value == std::floor(value) ? Json(static_cast<std::int64_t>(value)) : Json(value);
}

// Every key that PEFT 0.21 itself writes for a plain LoRA, so that older and newer readers find what they look for.
Json peft_json(const AdapterConfig& config) {
  std::vector<std::string> modules = config.target_modules;
  std::sort(modules.begin(), modules.end());
  modules.erase(std::unique(modules.begin(), modules.end()), modules.end());
  Json json = Json::object();
  json["alpha_pattern"] = Json::object();
  json["auto_mapping"] = nullptr;
  json["base_model_name_or_path"] = config.base_model.empty() ? Json(nullptr) : Json(config.base_model);
  json["bias"] = "none";
  json["exclude_modules"] = nullptr;
  json["fan_in_fan_out"] = false;
  json["inference_mode"] = true;
  json["init_lora_weights"] = true;
  json["layer_replication"] = nullptr;
  json["layers_pattern"] = nullptr;
  json["layers_to_transform"] = config.layers.empty() ? Json(nullptr) : Json(config.layers);
  json["lora_alpha"] = whole_where_possible(config.alpha);
  json["lora_bias"] = false;
  json["lora_dropout"] = config.dropout;
  json["modules_to_save"] = nullptr;
  json["peft_type"] = "LORA";
  json["r"] = config.rank;
  json["rank_pattern"] = Json::object();
  json["revision"] = nullptr;
  json["target_modules"] = modules;
  json["target_parameters"] = nullptr;
  json["task_type"] = "CAUSAL_LM";
  json["use_dora"] = false;
  json["use_rslora"] = config.rslora;
  return json;
}

}  // namespace

AdapterConfig read_adapter_config(const fs::path& folder) {
  const fs::path path = folder / file_name;
  const Json json = parse_config(path);
  return ConfigReader(path, json).read();
}

void write_adapter_config(const fs::path& folder, const AdapterConfig& config) {
  require_writable(config);
  write_file_atomically(folder / file_name, peft_json(config).dump(2) + "\n");
}

}  // namespace pmtune::files
