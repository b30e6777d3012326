// Many answers at once from one base model: requests of several threads, for the base and for any number of its
// adapters, are worked on together, token by token. The server and the chat session stand on it.
//
//   Model base = Model::load("smollm2-135m-instruct");
//   Model tuned = base.load_adapter("models/objects/...");     // shares the base's weights
//   Engine engine(base);
//   Generation a = engine.generate(tuned, {{"user", "Write a user story for single sign-on"}});   // on any thread
//   std::cout << a.text << '\n' << engine.stats() << '\n';
//
// What an answer is does not depend on what else is being answered, on what was kept of earlier answers, or on
// guessing ahead: the arithmetic of a token is the same in every company, bit for bit.
//
// Threads: every function may be called from any thread at any time. The work is done on a thread of the engine's
// own (and the OpenMP threads of libtorch); callbacks run on the thread that called generate.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string_view>
#include <vector>

#include <pmtune/export.hpp>
#include <pmtune/fields.hpp>
#include <pmtune/model.hpp>

namespace pmtune {

struct EngineOptions {
  std::int64_t batch_size = 8;
  std::int64_t context_length = 0;
  ByteSize cache_memory;
  std::string cache_precision = "auto";
  std::int64_t queue_length = 256;
  bool speculation = true;
  bool prefix_cache = true;
};
template <class Visit>
void fields(EngineOptions& options, Visit&& visit) {
  visit(Field("batch_size", "the most answers that are written at once; more requests wait").range(1, 64),
        options.batch_size);
  visit(Field("context_length", "the most tokens of a prompt with its answer; 0 takes the model's own, up to 8192")
            .range(0, 1048576)
            .in("tokens"),
        options.context_length);
  visit(Field("cache_memory",
              "memory for the keys and values of running and earlier answers; 0 takes what one answer of the full "
              "context length needs, and at least 256 MB")
            .range(0, 9e18)
            .in("bytes"),
        options.cache_memory);
  visit(Field("cache_precision",
              "how keys and values are kept: auto takes f32 for weights in f32, else bf16; int8 halves that")
            .one_of("auto|f32|bf16|int8"),
        options.cache_precision);
  visit(Field("queue_length", "requests that may wait; the next is refused with busy").range(0, 1e6),
        options.queue_length);
  visit(Field("speculation",
              "guess the next tokens from what the text already says, and check several at once: faster where an "
              "answer quotes its prompt, never another answer"),
        options.speculation);
  visit(Field("prefix_cache",
              "keep what was worked out of earlier texts while there is room, so that others that begin alike go on "
              "from there"),
        options.prefix_cache);
}

struct EngineStats {
  std::int64_t running = 0;  // answers being written
  std::int64_t waiting = 0;
  std::int64_t answers = 0;         // finished since the start, cancelled ones too
  std::int64_t prompt_tokens = 0;   // of all requests
  std::int64_t cached_tokens = 0;   // of these, not worked out again
  std::int64_t written_tokens = 0;  // of all answers
  std::int64_t guessed_tokens = 0;  // of these, guessed ahead
  std::int64_t cache_capacity = 0;  // tokens whose keys and values there is room for
  std::int64_t cache_used = 0;      // of these, in use by running answers
  std::int64_t cache_kept = 0;      // of these, kept for answers to come
  std::int64_t cache_bytes = 0;     // memory of the cache
  std::string kernels;              // the instruction set in use
};
PMTUNE_API std::ostream& operator<<(std::ostream& out, const EngineStats& stats);

// What one more token brought. Valid during the callback.
struct GenerationEvent {
  std::string_view text;               // whole characters; may be empty (TokenCallback)
  const ScoredToken* score = nullptr;  // where GenerateOptions::logprobs asks for it
};
using GenerationCallback = std::function<Control(const GenerationEvent& event)>;

class PMTUNE_API Engine {
 public:
  // Throws invalid_argument, out_of_memory; unsupported for a model that is not on the CPU.
  explicit Engine(const Model& model, const EngineOptions& options = {});

  // Blocks until the answer is complete. model: one that shares the weights of the engine's (invalid_argument
  // otherwise). Throws what Model::generate throws, and busy when too many requests wait.
  Generation generate(const Model& model, const std::vector<Message>& messages, const GenerateOptions& options = {},
                      const GenerationCallback& on_token = {}) const;
  // Of token ids as they stand. continues_text: the answer goes on in the middle of a text, not at a new turn.
  Generation generate_ids(const Model& model, const std::vector<std::int32_t>& prompt,
                          const GenerateOptions& options = {}, const GenerationCallback& on_token = {},
                          bool continues_text = false) const;

  // Several answers to one conversation, written at the same time with the seeds seed, seed + 1, ...: the one first
  // whose tokens the model finds likeliest on average (Generation::scores holds the log-probabilities). count: 1 to
  // 64. They differ only at a temperature above 0.
  std::vector<Generation> generate_several(const Model& model, const std::vector<Message>& messages,
                                           std::int64_t count, const GenerateOptions& options = {}) const;

  EngineStats stats() const;
  const EngineOptions& options() const;
  std::int64_t context_length() const;  // what context_length of the options came to

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pmtune
