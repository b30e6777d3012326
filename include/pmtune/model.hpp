// A language model, ready to be asked, measured and fine-tuned.
//
//   Model model = Model::load("smollm2-135m-instruct");             // known name, GGUF file, HF folder, registry
//   reference std::cout << model.info() << '\n'; GenerateOptions options; options.temperature = 0.7;
//   model.generate({{"user", "Write a user story for single sign-on"}}, options,
//                  [](std::string_view text) { std::cout << text << std::flush; return Control::resume; });
//   Model tuned = model.load_adapter("models/objects/...");         // shares the base weights with `model`
//
// A Model is a cheap handle; copies share the weights. It is immutable: any number of threads may use one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <pmtune/dataset.hpp>
#include <pmtune/export.hpp>
#include <pmtune/fields.hpp>

namespace pmtune {

struct TrainingRecord;  // lora_trainer.hpp

// What a callback answers.
enum class Control : int { resume = 0, stop = 1 };

struct ModelOptions {
  std::string device = "auto";
  std::string weights = "auto";
  ByteSize max_memory;
};
template <class Visit>
void fields(ModelOptions& options, Visit&& visit) {
  visit(Field("device", "where the model runs: auto, cpu, cuda, cuda:N or mps"), options.device);
  visit(
      Field(
          "weights",
          "precision of the frozen weights in memory; auto takes bf16 where the machine has it, else f32; file keeps "
          "the blocks of a quantised GGUF file as they are, the least memory, and converts them where they are used; "
          "q4, q8 and nf4 do so too, and quantise the layers of a model that is not (nf4: QLoRA's 4 bits)")
          .one_of("auto|f32|bf16|file|q4|q8|nf4"),
      options.weights);
  visit(Field("max_memory", "the most that loading may take, e.g. 6GB; 0 sets no limit").range(0, 9e18).in("bytes"),
        options.max_memory);
}

struct ModelInfo {
  std::string name;             // from the file, else the file's or folder's name
  std::string source;           // the path it was loaded from
  std::string architecture;     // "llama", ...
  std::int64_t parameters = 0;  // in the base model
  std::int64_t layers = 0;
  std::int64_t hidden_size = 0;
  std::int64_t vocabulary = 0;
  std::int64_t context_length = 0;  // tokens the model was made for
  std::string file_format;          // "gguf" or "safetensors"
  std::string file_precision;       // how most weights are stored in the file: "q4_1", "bf16", ...
  std::string weights;              // precision in memory: "f32", "bf16", or that of the file's blocks: "q4_0", ...
  std::string device;               // "cpu", "cuda:0", "mps"
  std::int64_t memory = 0;          // bytes that the weights take in memory
  std::string hash;     // SHA-256 of the weights file(s); computed on first use of the registry, else empty
  std::string adapter;  // name or folder of the adapter in use, empty without one
  std::int64_t adapter_parameters = 0;
  std::int64_t adapter_rank = 0;
};
PMTUNE_API std::ostream& operator<<(std::ostream& out, const ModelInfo& info);

struct GenerateOptions {
  std::int64_t max_tokens = 512;
  double temperature = 0;
  std::int64_t top_k = 0;
  double top_p = 1;
  double min_p = 0;
  double repetition_penalty = 1;
  std::uint64_t seed = 0;
  std::vector<std::string> stop;
  std::vector<std::string> stop_tokens;
  std::int64_t min_tokens = 0;
  double frequency_penalty = 0;
  double presence_penalty = 0;
  std::string logit_bias;
  std::int64_t logprobs = -1;
  std::string response = "text";
  std::string json_schema;
};
template <class Visit>
void fields(GenerateOptions& options, Visit&& visit) {
  visit(Field("max_tokens", "the most tokens to write").range(1, 1048576).in("tokens"), options.max_tokens);
  visit(Field("temperature", "0 always takes the most likely token; 0.7 varies; above 1.5 rambles").range(0, 100),
        options.temperature);
  visit(Field("top_k", "draw only from the k most likely tokens; 0 switches off").range(0, 1e9).in("tokens"),
        options.top_k);
  visit(Field("top_p", "draw only from the likeliest tokens that make up this probability (nucleus); 1 switches off")
            .above(0, 1),
        options.top_p);
  visit(Field("min_p", "leave out tokens less likely than this part of the likeliest; 0 switches off").range(0, 1),
        options.min_p);
  visit(Field("repetition_penalty",
              "above 1 makes tokens that have occurred less likely (Keskar et al. 2019); 1 switches off")
            .above(0, 10),
        options.repetition_penalty);
  visit(Field("seed", "the same seed gives the same answer on the same machine").range(0, 1.8446744073709552e19),
        options.seed);
  visit(Field("stop", "texts that end the answer; they are not part of it"), options.stop);
  visit(Field("stop_tokens", "more tokens that end the answer, by name (\"<|im_end|>\") or number"),
        options.stop_tokens);
  visit(
      Field("min_tokens", "no token or text ends the answer before it has this many").range(0, 1048576).in("tokens"),
      options.min_tokens);
  visit(
      Field("frequency_penalty", "taken from a token's score for each time that the answer has it already (OpenAI's)")
          .range(-2, 2),
      options.frequency_penalty);
  visit(Field("presence_penalty", "taken once from the score of a token that the answer has already (OpenAI's)")
            .range(-2, 2),
        options.presence_penalty);
  visit(
      Field(
          "logit_bias",
          "JSON object of token numbers and what to add to their scores, -100 to 100: {\"1234\": -100} forbids one"),
      options.logit_bias);
  visit(Field("logprobs", "with each token its log-probability and those of this many of the likeliest; -1: none")
            .range(-1, 20),
        options.logprobs);
  visit(Field("response", "text, or json: the answer is one JSON object").one_of("text|json"), options.response);
  visit(Field("json_schema", "a JSON schema that the answer must satisfy, as text; empty: none"),
        options.json_schema);
}

enum class FinishReason : int {
  stop = 0,
  length = 1,
  cancelled = 2
};  // a stop token or text; max_tokens or context full; callback
PMTUNE_API const char* to_string(FinishReason reason) noexcept;

// Log-probabilities (nats) are those of the model at temperature 1, before penalties, bias and grammar.
struct TokenScore {
  std::int32_t id = 0;
  double logprob = 0;
};
struct ScoredToken {
  std::int32_t id = 0;
  double logprob = 0;
  std::vector<TokenScore> top;  // the likeliest at this place, best first
};

struct Generation {
  std::string text;
  std::vector<std::int32_t> ids;  // the new tokens, the stop token left out
  FinishReason finish = FinishReason::stop;
  std::vector<ScoredToken> scores;  // one for each of ids, where GenerateOptions::logprobs asks for them
  std::int64_t prompt_tokens = 0;
  std::int64_t cached_tokens = 0;   // of the prompt, those that an earlier answer had worked out already (Engine)
  std::int64_t guessed_tokens = 0;  // of ids, those that speculation had guessed right (Engine)
  double prompt_seconds = 0;        // until the first token could be drawn
  double seconds = 0;               // all of it
};

// Called once a token, on the calling thread, with whole UTF-8 characters (the text may be empty while a character or
// a possible stop text is incomplete). Return Control::stop to end the answer there.
using TokenCallback = std::function<Control(std::string_view text)>;

struct Encoded {
  std::vector<std::int32_t> ids;
  std::vector<std::uint8_t> mask;  // same length; 1 = taught: the tokens of answers and their stop tokens
};

struct ExampleLoss {
  double loss = 0;          // mean negative log-likelihood in nats over the taught tokens
  std::int64_t tokens = 0;  // taught tokens
};

struct ExportOptions {
  std::string format = "peft";
  std::string quantization;
};
template <class Visit>
void fields(ExportOptions& options, Visit&& visit) {
  visit(Field("format",
              "peft: the adapter folder; hf: a merged Hugging Face folder; gguf: one merged file; gguf-lora: the "
              "adapter as GGUF")
            .one_of("peft|hf|gguf|gguf-lora"),
        options.format);
  visit(Field("quantization", "for gguf: q8_0, q4_0, ...; empty keeps the base's"), options.quantization);
}

class PMTUNE_API Model {
 public:
  // source: a name known to pmtune ("smollm2-135m-instruct"), a .gguf file, a Hugging Face folder (config.json,
  // safetensors, tokenizer.json), a PEFT adapter folder whose config names its base, a registry reference
  // ("PM-PRDs@primary", "PM-PRDs-v2", "PM-PRDs" for the newest; the registry is the folder in $PMTUNE_REGISTRY, else
  // ./models), or a model that is on this machine already ("OWNER/NAME", "OWNER/NAME:file.gguf", "llama3.2:3b";
  // local_models() of hub.hpp lists them). Nothing is ever downloaded here. Throws not_found, corrupt, unsupported
  // (architecture, weight type), out_of_memory, invalid_argument.
  static Model load(const std::string& source, const ModelOptions& options = {});

  const ModelInfo& info() const;
  std::string hash() const;  // SHA-256 of the base weights' file(s); read through once, then remembered

  // Text to token ids; special: control tokens such as "<|im_end|>" are recognised. Adds no BOS or EOS unless special
  // is set and the model expects a BOS.
  std::vector<std::int32_t> tokenize(std::string_view text, bool special = false) const;
  std::string detokenize(const std::vector<std::int32_t>& ids, bool skip_special = true) const;

  // The conversation as the model sees it, by the model's own chat template. Training, evaluation and chat all use
  // this.
  std::string render(const std::vector<Message>& messages, bool add_generation_prompt = false) const;
  Encoded encode(const std::vector<Message>& messages, bool add_generation_prompt = false) const;

  // Scores of the next token after each position: row-major f32 [ids.size(), vocabulary].
  std::vector<float> logits(const std::vector<std::int32_t>& ids) const;

  // A text as one vector, f32 [hidden_size] of length 1: the mean of the final hidden states (after the last norm) of
  // its tokens. Texts that mean alike point alike; a chat model was not made for this, so compare before relying on it.
  std::vector<float> embedding(const std::vector<std::int32_t>& ids) const;

  // Mean loss (nats per taught token) over all taught tokens of the set; perplexity is its exponential.
  double loss(const Dataset& data) const;
  std::vector<ExampleLoss> losses(const Dataset& data) const;  // one entry an example

  // Continues a conversation (chat template applied) or a plain text (as it stands, BOS added where expected).
  Generation generate(const std::vector<Message>& messages, const GenerateOptions& options = {},
                      const TokenCallback& on_token = {}) const;
  Generation generate_text(std::string_view prompt, const GenerateOptions& options = {},
                           const TokenCallback& on_token = {}) const;

  // One question, one answer; a tuned model is asked with the system prompt that it was taught with.
  std::string chat(const std::string& text, const GenerateOptions& options = {},
                   const TokenCallback& on_token = {}) const;

  // Adapters are PEFT LoRA folders. load_adapter returns a model that shares this one's base weights.
  Model load_adapter(const std::string& folder) const;
  void save_adapter(const std::string& folder) const;  // throws invalid_argument when the model has no adapter
  bool has_adapter() const;
  Model base() const;  // without the adapter

  // Writes the model for other tools. Throws unsupported for forms that are not built yet (docs/status.md).
  void export_to(const std::string& path, const ExportOptions& options = {}) const;

  // How this model was trained; nullptr for a base model or a foreign adapter.
  std::shared_ptr<const TrainingRecord> training_record() const;

  struct Impl;  // for the rooms of src/ and for torch.hpp
  explicit Model(std::shared_ptr<const Impl> impl);
  const Impl& impl() const { return *impl_; }
  const std::shared_ptr<const Impl>& impl_pointer() const { return impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace pmtune
