// Chooses the next token from its scores.
#pragma once

#include <cstdint>
#include <limits>
#include <pmtune/model.hpp>
#include <random>
#include <span>
#include <utility>
#include <vector>

namespace pmtune::decode {

// In this order, as transformers does where it has them: bias, repetition penalty, OpenAI's penalties, temperature,
// top-k, top-p, min-p, draw. Temperature 0 takes the most likely token (the lowest id among equals). The same seed
// gives the same choices on every machine.

// What may not come next.
struct Limits {
  std::span<const std::int32_t> forbidden;
  std::span<const std::uint64_t> allowed;  // one bit a token; empty: all
};

class Sampler {
 public:
  // tokens: of the vocabulary. Throws invalid_argument for a logit_bias that names none of them.
  explicit Sampler(const GenerateOptions& options, std::int64_t tokens = std::numeric_limits<std::int32_t>::max());

  // scores: one per token of the vocabulary, changed in place. seen: tokens of prompt and answer so far; the first
  // prompt_tokens are the prompt's. scored (may be null) receives what GenerateOptions::logprobs asks for.
  std::int32_t choose(std::span<float> scores, const std::vector<std::int32_t>& seen, std::size_t prompt_tokens = 0,
                      const Limits& limits = {}, ScoredToken* scored = nullptr);

 private:
  struct Candidate {
    float score;
    std::int32_t id;
  };
  std::vector<TokenScore> best_of(std::span<const float> scores, double log_sum) const;
  void change(std::span<float> scores, const std::vector<std::int32_t>& seen, std::size_t prompt_tokens) const;
  std::int32_t draw(std::span<const float> scores, float top);
  double uniform();  // [0, 1)

  GenerateOptions options_;
  std::vector<std::pair<std::int32_t, float>> bias_;
  std::mt19937_64 random_;
  std::vector<Candidate> candidates_;  // kept from call to call, for its memory
  std::vector<double> weights_;
};

}  // namespace pmtune::decode
