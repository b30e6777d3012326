#include "model/rope_scaling.hpp"

#include <algorithm>
#include <cmath>

namespace pmtune::model {
namespace {

double frequency(double base, std::int64_t i, std::int64_t half) {
  return std::pow(base, -static_cast<double>(i) / static_cast<double>(half));
}

}  // namespace

RopeScaling rope_of_base(double base) {
  RopeScaling rope;
  rope.base = base;
  return rope;
}

std::vector<double> linear_factors(double factor, std::int64_t half) {
  return std::vector<double>(static_cast<std::size_t>(half), factor);
}

std::vector<double> llama3_factors(const Llama3Scaling& s, double base, std::int64_t half) {
  const double original = static_cast<double>(s.original_length);
  std::vector<double> factors;
  for (std::int64_t i = 0; i < half; ++i) {
    const double wave = 2 * M_PI / frequency(base, i, half);
    if (wave < original / s.high_frequency_factor) {
      factors.push_back(1);
    } else if (wave > original / s.low_frequency_factor) {
      factors.push_back(s.factor);
    } else {
      const double kept =
          (original / wave - s.low_frequency_factor) / (s.high_frequency_factor - s.low_frequency_factor);
      factors.push_back(1 / ((1 - kept) / s.factor + kept));
    }
  }
  return factors;
}

std::vector<double> yarn_factors(const YarnScaling& s, double base, std::int64_t half) {
  // The dimension whose wave turns so often within the original length.
  const auto dimension = [&](double turns) {
    return static_cast<double>(half) * std::log(static_cast<double>(s.original_length) / (turns * 2 * M_PI)) /
           std::log(base);
  };
  double low = dimension(s.beta_fast), high = dimension(s.beta_slow);
  if (s.whole_dimensions) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, static_cast<double>(2 * half - 1));
  if (low == high) high += 0.001;  // a step, not a division by zero
  std::vector<double> factors;
  for (std::int64_t i = 0; i < half; ++i) {
    const double stretched = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    factors.push_back(1 / (stretched / s.factor + (1 - stretched)));
  }
  return factors;
}

double yarn_magnitude(double factor) { return factor <= 1 ? 1 : 0.1 * std::log(factor) + 1; }

double longrope_magnitude(double factor, std::int64_t original_length) {
  return factor <= 1 ? 1 : std::sqrt(1 + std::log(factor) / std::log(static_cast<double>(original_length)));
}

}  // namespace pmtune::model
