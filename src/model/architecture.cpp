#include "model/architecture.hpp"

#include <array>
#include <optional>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"

namespace pmtune::model {
namespace {

// Bounds far beyond any model, so that products of a few of them cannot wrap.
constexpr std::int64_t kMostLayers = 1024;
constexpr std::int64_t kMostWidth = 1 << 20;
constexpr std::int64_t kMostVocabulary = 1 << 24;

void check_range(const std::string& what, const char* name, std::int64_t value, std::int64_t most) {
  if (value < 1 || value > most)
    fail(Code::corrupt, what, " says that ", name, " is ", value, ", which no model has; fetch the model again.");
}

void check(const Architecture& a, const std::string& what) {
  check_range(what, "the number of layers", a.layers, kMostLayers);
  check_range(what, "the hidden size", a.hidden, kMostWidth);
  check_range(what, "the number of heads", a.heads, kMostWidth);
  check_range(what, "the number of key-value heads", a.kv_heads, a.heads);
  check_range(what, "the head size", a.head_dim, kMostWidth);
  check_range(what, "the feed-forward size", a.feed_forward, kMostWidth);
  check_range(what, "the vocabulary", a.vocabulary, kMostVocabulary);
  check_range(what, "the context length", a.context_length, std::int64_t{1} << 30);
  if (a.heads % a.kv_heads != 0 || a.head_dim % 2 != 0)
    fail(Code::corrupt, what, " gives ", a.heads, " heads of size ", a.head_dim, " for ", a.kv_heads,
         " key-value heads, which cannot be; fetch the model again.");
  if (!(a.rope_base > 0) || !(a.norm_epsilon > 0 && a.norm_epsilon < 1))
    fail(Code::corrupt, what, " has an impossible RoPE base or norm epsilon; fetch the model again.");
}

std::int64_t required_int(const files::GgufFile& file, const std::string& key) {
  const std::int64_t* value = file.get_int(key);
  if (!value)
    fail(Code::corrupt, "The model file ", file.path().string(), " lacks the entry \"", key, "\"; fetch it again.");
  return *value;
}

// config.json, with errors that name file and key.
class Config {
 public:
  explicit Config(const std::filesystem::path& path)
      : what_(path.string()), json_(parse_json_or_throw(read_text_file(path, std::size_t{16} << 20), what_)) {
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
  const Json* find(const char* key) const {
    const auto found = json_.find(key);
    return found == json_.end() || found->is_null() ? nullptr : &*found;
  }

 private:
  template <class T>
  T absent(const char* key, const std::optional<T>& otherwise) const {
    if (!otherwise) fail(Code::corrupt, what_, " lacks \"", key, "\"; fetch the model again.");
    return *otherwise;
  }
  [[noreturn]] void wrong(const char* key) const {
    fail(Code::corrupt, what_, " has a wrong kind of value for \"", key, "\"; fetch the model again.");
  }

  std::string what_;
  Json json_;
};

void refuse(const std::string& what, const std::string& feature) {
  fail(Code::unsupported, what, " needs ", feature,
       ", which pmtune cannot do yet; docs/status.md lists the models that work.");
}

// RoPE in newer configs lies in "rope_parameters" (transformers 5) or "rope_scaling"; only the plain kind is built.
double rope_base_of(const Config& config) {
  double base = config.number("rope_theta", 10000.0);
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    const Json* rope = config.find(key);
    if (!rope || !rope->is_object()) continue;
    for (const char* type : {"rope_type", "type"})
      if (rope->contains(type) && (*rope)[type].is_string() && (*rope)[type] != "default")
        refuse(config.what(), "the RoPE scaling \"" + (*rope)[type].get<std::string>() + "\"");
    if (rope->contains("rope_theta") && (*rope)["rope_theta"].is_number()) base = (*rope)["rope_theta"].get<double>();
  }
  return base;
}

}  // namespace

Architecture architecture_of(const files::GgufFile& file) {
  const std::string what = "The model file " + file.path().string();
  const std::string* family = file.get_string("general.architecture");
  if (!family) fail(Code::corrupt, what, " does not say which architecture it holds; fetch it again.");
  if (*family != "llama") refuse(what, "the architecture \"" + *family + "\"");

  Architecture a;
  a.family = *family;
  if (const std::string* name = file.get_string("general.name")) a.name = *name;
  a.layers = required_int(file, "llama.block_count");
  a.hidden = required_int(file, "llama.embedding_length");
  a.heads = required_int(file, "llama.attention.head_count");
  const std::int64_t* kv_heads = file.get_int("llama.attention.head_count_kv");
  a.kv_heads = kv_heads ? *kv_heads : a.heads;
  check_range(what, "the number of heads", a.heads, kMostWidth);
  const std::int64_t* key_length = file.get_int("llama.attention.key_length");
  a.head_dim = key_length ? *key_length : a.hidden / a.heads;
  a.feed_forward = required_int(file, "llama.feed_forward_length");
  a.context_length = required_int(file, "llama.context_length");
  a.rope_base = file.get_number("llama.rope.freq_base").value_or(10000.0);
  a.norm_epsilon = file.get_number("llama.attention.layer_norm_rms_epsilon").value_or(1e-5);
  if (const std::int64_t* experts = file.get_int("llama.expert_count"); experts && *experts > 0)
    refuse(what, "a mixture of experts");
  if (const std::string* scaling = file.get_string("llama.rope.scaling.type"); scaling && *scaling != "none")
    refuse(what, "the RoPE scaling \"" + *scaling + "\"");
  if (file.find("rope_freqs.weight")) refuse(what, "the RoPE scaling of Llama 3");
  if (const std::int64_t* turned = file.get_int("llama.rope.dimension_count"); turned && *turned != a.head_dim)
    refuse(what, "RoPE over a part of each head");

  const files::TensorView* embedding = file.find("token_embd.weight");
  if (!embedding || embedding->shape.size() != 2)
    fail(Code::corrupt, what, " lacks the tensor token_embd.weight; the download is incomplete, fetch it again.");
  a.vocabulary = embedding->shape[0];
  a.tied_head = file.find("output.weight") == nullptr;
  check(a, what);
  return a;
}

Architecture architecture_of_folder(const std::filesystem::path& folder) {
  const Config config(folder / "config.json");
  const std::string family = config.text("model_type", "");
  if (family != "llama")
    refuse(config.what(),
           family.empty() ? "a model_type that it does not name" : "the architecture \"" + family + "\"");
  if (config.boolean("attention_bias", false) || config.boolean("mlp_bias", false))
    refuse(config.what(), "bias terms in its layers");
  if (const std::string act = config.text("hidden_act", "silu"); act != "silu")
    refuse(config.what(), "the activation \"" + act + "\"");
  if (config.find("quantization_config")) refuse(config.what(), "a quantised Hugging Face checkpoint");

  Architecture a;
  a.family = family;
  a.name = config.text("_name_or_path", "");
  a.layers = config.integer("num_hidden_layers");
  a.hidden = config.integer("hidden_size");
  a.heads = config.integer("num_attention_heads");
  a.kv_heads = config.integer("num_key_value_heads", a.heads);
  check_range(config.what(), "num_attention_heads", a.heads, kMostWidth);
  a.head_dim = config.integer("head_dim", a.hidden / a.heads);
  a.feed_forward = config.integer("intermediate_size");
  a.vocabulary = config.integer("vocab_size");
  a.context_length = config.integer("max_position_embeddings", 2048);
  a.rope_base = rope_base_of(config);
  a.norm_epsilon = config.number("rms_norm_eps", 1e-6);
  a.tied_head = config.boolean("tie_word_embeddings", false);
  check(a, config.what());
  return a;
}

}  // namespace pmtune::model
