// Chooses the next token from its scores.
#pragma once

#include <cstdint>
#include <pmtune/model.hpp>
#include <random>
#include <span>
#include <vector>

namespace pmtune::model {

// In this order, as transformers does: repetition penalty, temperature, top-k, top-p, min-p, draw. Temperature 0
// takes the most likely token (the lowest id among equals). The same seed gives the same choices on every machine.
class Sampler {
 public:
  explicit Sampler(const GenerateOptions& options);

  // scores: one per token of the vocabulary, changed in place. seen: tokens of prompt and answer so far.
  std::int32_t choose(std::span<float> scores, const std::vector<std::int32_t>& seen);

 private:
  struct Candidate {
    float score;
    std::int32_t id;
  };
  void penalise(std::span<float> scores, const std::vector<std::int32_t>& seen) const;
  std::vector<Candidate> candidates(std::span<const float> scores) const;
  double uniform();  // [0, 1)

  GenerateOptions options_;
  std::mt19937_64 random_;
};

}  // namespace pmtune::model
