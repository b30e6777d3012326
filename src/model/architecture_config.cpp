// An Architecture from config.json of a Hugging Face folder, in the spellings of transformers 4 and 5.
#include <cmath>
#include <optional>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "model/describe.hpp"

namespace pmtune::model {
namespace {

// A JSON object, with errors that name file and key.
class Config {
 public:
  Config(std::string what, Json json) : what_(std::move(what)), json_(std::move(json)) {
    if (!json_.is_object()) fail(Code::corrupt, what_, " does not hold a JSON object; fetch the model again.");
  }
  const std::string& what() const { return what_; }

  std::int64_t integer(const char* key, std::optional<std::int64_t> otherwise = {}) const {
    const Json* value = find(key);
    if (!value) return absent(key, otherwise);
    if (!value->is_number_integer() || (value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX))
      wrong(key);
    return value->get<std::int64_t>();
  }
  double number(const char* key, std::optional<double> otherwise = {}) const {
    const Json* value = find(key);
    if (!value) return absent(key, otherwise);
    if (!value->is_number()) wrong(key);
    return value->get<double>();
  }
  bool boolean(const char* key, bool otherwise) const {
    const Json* value = find(key);
    if (!value) return otherwise;
    if (!value->is_boolean()) wrong(key);
    return value->get<bool>();
  }
  std::string text(const char* key, const std::string& otherwise) const {
    const Json* value = find(key);
    if (!value) return otherwise;
    if (!value->is_string()) wrong(key);
    return value->get<std::string>();
  }
  std::vector<double> numbers(const char* key, std::int64_t size) const {
    const Json* value = find(key);
    if (!value || !value->is_array() || static_cast<std::int64_t>(value->size()) != size) wrong(key);
    std::vector<double> result;
    for (const Json& item : *value) {
      if (!item.is_number()) wrong(key);
      result.push_back(item.get<double>());
    }
    return result;
  }
  // An object within; nothing where there is none.
  std::optional<Config> within(const char* key) const {
    const Json* value = find(key);
    if (!value) return {};
    if (!value->is_object()) wrong(key);
    return Config(what_, *value);
  }
  const Json* find(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }
  [[noreturn]] void wrong(const char* key) const {
    fail(Code::corrupt, what_, " has a wrong kind of value for \"", key, "\"; fetch the model again.");
  }

 private:
  template <class T>
  T absent(const char* key, const std::optional<T>& otherwise) const {
    if (!otherwise) fail(Code::corrupt, what_, " lacks \"", key, "\"; fetch the model again.");
    return *otherwise;
  }

  std::string what_;
  Json json_;
};

// `rope`: "rope_parameters" of transformers 5, or "rope_scaling"; whole: the file.
RopeScaling scaled_rope(const Config& rope, const Config& whole, double base, const Architecture& a) {
  const std::int64_t half = a.head_dim / 2;
  RopeScaling result = rope_of_base(rope.number("rope_theta", base));
  if (rope.number("partial_rotary_factor", 1) != 1) refuse(whole.what(), "RoPE over a part of each head");
  const std::string type = rope.text("rope_type", rope.text("type", "default"));
  if (type == "default") return result;
  const auto original = [&] {
    const std::int64_t length = rope.integer("original_max_position_embeddings",
                                             whole.integer("original_max_position_embeddings", a.context_length));
    check_range(whole.what(), "the original context length", length, std::int64_t{1} << 30);
    return length;
  };
  if (type == "linear") {
    result.factors = linear_factors(rope.number("factor"), half);
  } else if (type == "llama3") {
    result.factors = llama3_factors(
        {rope.number("factor"), rope.number("low_freq_factor"), rope.number("high_freq_factor"), original()},
        result.base, half);
  } else if (type == "yarn") {
    const double factor = rope.number("factor");
    if (rope.find("mscale") || rope.find("mscale_all_dim")) refuse(whole.what(), "YaRN with magnitudes of its own");
    result.factors = yarn_factors({factor, rope.number("beta_fast", 32), rope.number("beta_slow", 1), original(),
                                   rope.boolean("truncate", true)},
                                  result.base, half);
    result.magnitude = rope.number("attention_factor", yarn_magnitude(factor));
  } else if (type == "longrope" || type == "su") {
    result.original_length = original();
    result.factors = rope.numbers("short_factor", half);
    result.long_factors = rope.numbers("long_factor", half);
    const double stretched = static_cast<double>(a.context_length) / static_cast<double>(result.original_length);
    result.magnitude =
        rope.number("attention_factor", longrope_magnitude(rope.number("factor", stretched), result.original_length));
  } else {
    refuse(whole.what(), "the RoPE scaling \"" + type + "\"");
  }
  return result;
}

struct Ropes {
  RopeScaling global, local;
};

Ropes ropes_of(const Config& config, const Family& family, const Architecture& a) {
  const double base = config.number("rope_theta", family.local_rope_base > 0 ? 1e6 : 10000.0);
  Ropes ropes{rope_of_base(base), rope_of_base(config.number("rope_local_base_freq", family.local_rope_base))};
  std::optional<Config> rope = config.within("rope_parameters");
  if (!rope) rope = config.within("rope_scaling");
  if (!rope) return ropes;
  if (const auto global = rope->within("full_attention")) {
    ropes.global = scaled_rope(*global, config, base, a);
    if (const auto local = rope->within("sliding_attention"))
      ropes.local = scaled_rope(*local, config, ropes.local.base, a);
  } else {
    ropes.global = scaled_rope(*rope, config, base, a);
  }
  return ropes;
}

// Tokens; 0 where there is none.
std::int64_t window_of(const Config& config) {
  if (!config.find("sliding_window") || !config.boolean("use_sliding_window", true)) return 0;
  const std::int64_t window = config.integer("sliding_window");
  check_range(config.what(), "the sliding window", window, std::int64_t{1} << 30);
  return window;
}

// Qwen counts the layers before the first with a window.
bool has_window(const Config& config, const Family& family, std::int64_t layer) {
  if (const Json* types = config.find("layer_types")) {
    if (!types->is_array() || static_cast<std::int64_t>(types->size()) <= layer) config.wrong("layer_types");
    const Json& type = (*types)[static_cast<std::size_t>(layer)];
    if (type == "sliding_attention") return true;
    if (type == "full_attention") return false;
    refuse(config.what(), "a kind of attention layer that it does not know");
  }
  if (config.find("max_window_layers")) return layer >= config.integer("max_window_layers");
  if (family.full_every == 0) return true;
  const std::int64_t every = config.integer("sliding_window_pattern", family.full_every);
  check_range(config.what(), "sliding_window_pattern", every, 1024);
  return !is_nth(layer, every);
}

bool has_rope(const Config& config, const Family& family, std::int64_t layer) {
  const Json* rotated = family.unrotated_every > 0 ? config.find("no_rope_layers") : nullptr;
  if (!rotated) return !is_nth(layer, family.unrotated_every);
  if (!rotated->is_array() || static_cast<std::int64_t>(rotated->size()) <= layer) config.wrong("no_rope_layers");
  const Json& flag = (*rotated)[static_cast<std::size_t>(layer)];
  if (!flag.is_number_integer()) config.wrong("no_rope_layers");
  return flag != 0;
}

void refuse_variants(const Config& config, const Family& family) {
  if (config.boolean("attention_bias", false) || config.boolean("mlp_bias", false))
    refuse(config.what(), "bias terms in its layers");
  const bool gelu = family.activation == kernels::Activation::gelu_tanh;
  const std::string usual = gelu ? "gelu_pytorch_tanh" : "silu";
  if (const std::string act = config.text(gelu ? "hidden_activation" : "hidden_act", usual); act != usual)
    refuse(config.what(), "the activation \"" + act + "\"");
  if (config.boolean("use_bidirectional_attention", false)) refuse(config.what(), "attention in both directions");
  if (config.find("quantization_config")) refuse(config.what(), "a quantised Hugging Face checkpoint");
}

}  // namespace

Architecture architecture_of_folder(const std::filesystem::path& folder) {
  const std::string path = (folder / "config.json").string();
  const Config config(path, parse_json_or_throw(read_text_file(path, std::size_t{16} << 20), path));
  const std::string type = config.text("model_type", "");
  if (type.empty()) fail(Code::corrupt, path, " does not say its model_type; fetch the model again.");
  const Family* family = family_of_config(type);
  if (!family && type == "gemma3")
    refuse(path, "images beside text (the architecture \"gemma3\"); use its text-only folder, or a GGUF of it,");
  if (!family) refuse_family(path, type);
  refuse_variants(config, *family);

  Architecture a;
  a.name = config.text("_name_or_path", "");
  a.layers = config.integer("num_hidden_layers");
  a.hidden = config.integer("hidden_size");
  a.heads = config.integer("num_attention_heads");
  a.kv_heads = config.integer("num_key_value_heads", a.heads);
  check_heads(path, a.heads);
  a.head_dim = config.integer("head_dim", family->head_dim > 0 ? family->head_dim : a.hidden / a.heads);
  a.feed_forward = config.integer("intermediate_size");
  a.vocabulary = config.integer("vocab_size");
  a.context_length = config.integer("max_position_embeddings", 2048);
  a.norm_epsilon = config.number("rms_norm_eps", 1e-6);
  a.tied_head = config.boolean("tie_word_embeddings", family->tied);
  a.attention_soft_cap = config.number("attn_logit_softcapping", 0);
  a.final_soft_cap = config.number("final_logit_softcapping", 0);
  if (config.find("query_pre_attn_scalar")) a.attention_scale = 1 / std::sqrt(config.number("query_pre_attn_scalar"));
  a.norms_less_one = family->norms_less_one;
  take_from_family(*family, a);
  check(a, path);  // before anything is made in these sizes
  const Ropes ropes = ropes_of(config, *family, a);
  lay_out_looks(
      *family, window_of(config), [&](std::int64_t layer) { return has_window(config, *family, layer); },
      [&](std::int64_t layer) { return has_rope(config, *family, layer); }, ropes.global, ropes.local, a);
  check(a, path);
  return a;
}

}  // namespace pmtune::model
