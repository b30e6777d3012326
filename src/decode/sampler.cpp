#include "decode/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace pmtune::model {

Sampler::Sampler(const GenerateOptions& options) : options_(options), random_(options.seed) {}

std::int32_t Sampler::choose(std::span<float> scores, const std::vector<std::int32_t>& seen) {
  penalise(scores, seen);
  if (options_.temperature == 0)
    return static_cast<std::int32_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());

  std::vector<Candidate> kept = candidates(scores);
  // Probabilities under the temperature, relative to the best.
  std::vector<double> weight(kept.size());
  double sum = 0;
  for (std::size_t i = 0; i < kept.size(); ++i)
    sum += weight[i] =
        std::exp((static_cast<double>(kept[i].score) - static_cast<double>(kept[0].score)) / options_.temperature);
  std::size_t count = kept.size();
  if (options_.top_p < 1) {  // the shortest list of the likeliest that reaches top_p
    double reached = 0;
    for (count = 0; count < kept.size() && reached < options_.top_p * sum;) reached += weight[count++];
  }
  while (count > 1 && weight[count - 1] < options_.min_p) --count;

  double kept_sum = 0;
  for (std::size_t i = 0; i < count; ++i) kept_sum += weight[i];
  double draw = uniform() * kept_sum;
  for (std::size_t i = 0; i < count; ++i) {
    draw -= weight[i];
    if (draw < 0) return kept[i].id;
  }
  return kept[count - 1].id;
}

void Sampler::penalise(std::span<float> scores, const std::vector<std::int32_t>& seen) const {
  if (options_.repetition_penalty == 1) return;
  const float penalty = static_cast<float>(options_.repetition_penalty);
  const std::unordered_set<std::int32_t> once(seen.begin(), seen.end());
  for (std::int32_t id : once) {
    float& score = scores[static_cast<std::size_t>(id)];
    score = score > 0 ? score / penalty : score * penalty;
  }
}

// The best first; equal scores in the order of their ids, so that the choice does not depend on the sort.
std::vector<Sampler::Candidate> Sampler::candidates(std::span<const float> scores) const {
  std::vector<Candidate> all(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) all[i] = {scores[i], static_cast<std::int32_t>(i)};
  const auto better = [](const Candidate& a, const Candidate& b) {
    return a.score > b.score || (a.score == b.score && a.id < b.id);
  };
  if (options_.top_k > 0 && options_.top_k < static_cast<std::int64_t>(all.size())) {
    std::partial_sort(all.begin(), all.begin() + options_.top_k, all.end(), better);
    all.resize(static_cast<std::size_t>(options_.top_k));
  } else {
    std::sort(all.begin(), all.end(), better);
  }
  return all;
}

double Sampler::uniform() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }

}  // namespace pmtune::model
