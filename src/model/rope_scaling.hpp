// Rotary position embeddings (Su et al. 2021, https://arxiv.org/abs/2104.09864) and the ways in which families
// stretch them to longer contexts than they were first trained on.
#pragma once

#include <cstdint>
#include <vector>

namespace pmtune::model {

// Of one kind of layers. Every kind comes down to factors that divide the frequencies base^(-2i/head_dim).
struct RopeScaling {
  double base = 10000;  // 0: these layers are not rotated
  // One for each frequency; empty: all 1. long_factors, where they exist, are for texts longer than original_length.
  std::vector<double> factors, long_factors;
  std::int64_t original_length = 0;
  double magnitude = 1;  // cos and sin are multiplied by it

  bool depends_on_length() const { return !long_factors.empty(); }
  bool operator==(const RopeScaling&) const = default;
};

// Unscaled.
RopeScaling rope_of_base(double base);

// Factors of the known ways; `half` frequencies.
std::vector<double> linear_factors(double factor, std::int64_t half);
// Llama 3.1: long waves are stretched, short ones kept, those between blended.
struct Llama3Scaling {
  double factor, low_frequency_factor, high_frequency_factor;
  std::int64_t original_length;
};
std::vector<double> llama3_factors(const Llama3Scaling& scaling, double base, std::int64_t half);
// YaRN (Peng et al. 2023, https://arxiv.org/abs/2309.00071).
struct YarnScaling {
  double factor, beta_fast, beta_slow;
  std::int64_t original_length;
  bool whole_dimensions;  // the ramp begins and ends at whole dimensions, as transformers does
};
std::vector<double> yarn_factors(const YarnScaling& scaling, double base, std::int64_t half);
double yarn_magnitude(double factor);
// LongRoPE (Ding et al. 2024, https://arxiv.org/abs/2402.13753): what the magnitude is when a model does not say.
double longrope_magnitude(double factor, std::int64_t original_length);

}  // namespace pmtune::model
