// A model made for a test: a random Llama over bytes, a token for each, that answers in small letters.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <list>
#include <pmtune/pmtune.hpp>
#include <random>
#include <string>
#include <vector>

#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "files/safetensors.hpp"

namespace chat_tests {

using namespace pmtune;

constexpr int context_length = 512;
constexpr int end_token = 256;

// A folder of its own, gone afterwards.
class TempFolder {
 public:
  TempFolder() {
    static std::atomic<int> number{0};
    path_ = std::filesystem::temp_directory_path() / concat("pmtune-chat-", ::getpid(), "-", number++);
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

inline Json tokenizer_json() {
  Json vocabulary = Json::object();
  unsigned next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool itself = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    std::string token;
    append_utf8(token, itself ? byte : next++);
    vocabulary[token] = byte;
  }
  Json byte_level{{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  Json end{{"id", end_token}, {"content", "<end>"},  {"single_word", false}, {"lstrip", false},
           {"rstrip", false}, {"normalized", false}, {"special", true}};
  return {{"version", "1.0"},
          {"added_tokens", Json::array({end})},
          {"normalizer", nullptr},
          {"pre_tokenizer", byte_level},
          {"post_processor", nullptr},
          {"decoder", byte_level},
          {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", Json::array()}}}};
}

class Weights {
 public:
  void add(const std::string& name, std::vector<std::int64_t> shape, bool ones = false) {
    std::size_t count = 1;
    for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
    std::vector<float>& values = values_.emplace_back(count, 1.0f);
    std::normal_distribution<float> normal(0, 0.3f);
    if (!ones)
      for (float& value : values) value = normal(random_);
    if (name == "lm_head.weight") only_letters(values, static_cast<std::size_t>(shape[1]));
    views_.push_back({name, files::DType::f32, std::move(shape), reinterpret_cast<const std::byte*>(values.data()),
                      values.size() * sizeof(float)});
  }
  const std::vector<files::TensorView>& views() const { return views_; }

 private:
  static void only_letters(std::vector<float>& values, std::size_t width) {
    for (std::size_t token = 0; token < values.size() / width; ++token)
      if (token < 'a' || token > 'z')
        std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(token * width), width, 0.0f);
  }
  std::mt19937 random_{7};
  std::list<std::vector<float>> values_;
  std::vector<files::TensorView> views_;
};

inline void write_small_model(const TempFolder& folder) {
  constexpr int hidden = 32, wide = 64, vocabulary = 257;
  Weights weights;
  weights.add("model.embed_tokens.weight", {vocabulary, hidden});
  weights.add("model.norm.weight", {hidden}, true);
  weights.add("lm_head.weight", {vocabulary, hidden});
  const std::string layer = "model.layers.0.";
  weights.add(layer + "input_layernorm.weight", {hidden}, true);
  weights.add(layer + "post_attention_layernorm.weight", {hidden}, true);
  for (const char* name : {"q_proj", "k_proj", "v_proj", "o_proj"})
    weights.add(layer + "self_attn." + name + ".weight", {hidden, hidden});
  weights.add(layer + "mlp.gate_proj.weight", {wide, hidden});
  weights.add(layer + "mlp.up_proj.weight", {wide, hidden});
  weights.add(layer + "mlp.down_proj.weight", {hidden, wide});
  files::write_safetensors(folder.file("model.safetensors"), weights.views(), {{"format", "pt"}});
  const Json config{{"model_type", "llama"},        {"architectures", {"LlamaForCausalLM"}},
                    {"hidden_size", hidden},        {"num_hidden_layers", 1},
                    {"num_attention_heads", 2},     {"num_key_value_heads", 2},
                    {"intermediate_size", wide},    {"vocab_size", vocabulary},
                    {"rms_norm_eps", 1e-5},         {"max_position_embeddings", context_length},
                    {"rope_theta", 10000.0},        {"hidden_act", "silu"},
                    {"tie_word_embeddings", false}, {"eos_token_id", end_token}};
  folder.file("config.json", config.dump());
  folder.file("tokenizer.json", tokenizer_json().dump());
  const Json tokenizer_config{
      {"chat_template",
       "{% for m in messages %}{{ m.role[0] }}: {{ m.content }}<end>{% endfor %}{% if add_generation_prompt %}a: {% "
       "endif %}"},
      {"eos_token", "<end>"}};
  folder.file("tokenizer_config.json", tokenizer_config.dump());
}

inline const Model& small_model() {
  static const TempFolder folder;
  static const Model model = [] {
    write_small_model(folder);
    ModelOptions options;
    options.device = "cpu";
    options.weights = "f32";
    return Model::load(folder.file(""), options);
  }();
  return model;
}

// One line a message, so that a difference can be read; "-" marks an answer that is not taught.
inline std::string lines_of(const std::vector<Message>& messages) {
  std::string text;
  for (const Message& message : messages)
    text += (message.weight == 0 ? "-" : "") + message.role + ": " + message.content + "\n";
  return text;
}

inline GenerateOptions short_answers(std::int64_t tokens = 8) {
  GenerateOptions options;
  options.max_tokens = tokens;
  options.top_k = 8;
  return options;
}

}  // namespace chat_tests
