#include "decode/sampler.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "base/fail.hpp"
#include "base/json.hpp"

namespace pmtune::decode {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

std::vector<std::pair<std::int32_t, float>> bias_of(const GenerateOptions& options, std::int64_t tokens) {
  std::vector<std::pair<std::int32_t, float>> bias;
  if (options.logit_bias.empty()) return bias;
  Json json;
  JsonFault fault;
  if (!parse_json(options.logit_bias, json, fault) || !json.is_object())
    fail(Code::invalid_argument, "Option logit_bias is no JSON object; it looks like {\"1234\": -100}.");
  for (const auto& [name, value] : json.items()) {
    std::int32_t id = -1;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    if (error != std::errc() || end != name.data() + name.size() || id < 0 || id >= tokens)
      fail(Code::invalid_argument, "Option logit_bias names the token \"", name,
           "\", but this model's tokens are 0 to ", tokens - 1, ".");
    if (!value.is_number() || std::fabs(value.get<double>()) > 100)
      fail(Code::invalid_argument, "Option logit_bias gives the token ", name, " something else than -100 to 100.");
    // 100 either way is OpenAI's word for never and always.
    const double amount = value.get<double>();
    bias.emplace_back(id, amount <= -100 ? kNever : static_cast<float>(amount));
  }
  return bias;
}

// Best first; equal scores in the order of their ids, so that the choice does not depend on the sort.
bool better(float score, std::int32_t id, float other_score, std::int32_t other_id) {
  return score > other_score || (score == other_score && id < other_id);
}

// The best, and the lowest id among equals. Two passes that the compiler can vectorise are faster than one that
// remembers where it was.
std::int32_t likeliest(std::span<const float> scores) {
  constexpr std::size_t kLanes = 32;
  float lanes[kLanes];
  std::fill(lanes, lanes + kLanes, kNever);
  std::size_t i = 0;
  for (; i + kLanes <= scores.size(); i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane)
      lanes[lane] = scores[i + lane] > lanes[lane] ? scores[i + lane] : lanes[lane];
  float best = *std::max_element(lanes, lanes + kLanes);
  for (; i < scores.size(); ++i) best = std::max(best, scores[i]);
  const auto found = std::find(scores.begin(), scores.end(), best);
  return found == scores.end() ? 0 : static_cast<std::int32_t>(found - scores.begin());  // none is a number
}

// The logarithm of the sum of all exponentials.
double log_sum_of(std::span<const float> scores) {
  const float top = scores[static_cast<std::size_t>(likeliest(scores))];
  double sum = 0;
  for (const float value : scores) sum += static_cast<double>(std::exp(value - top));
  return static_cast<double>(top) + std::log(sum);
}

void forbid(const Limits& limits, std::span<float> scores) {
  for (const std::int32_t id : limits.forbidden) scores[static_cast<std::size_t>(id)] = kNever;
  if (limits.allowed.empty()) return;
  for (std::size_t i = 0; i < scores.size(); ++i)
    if ((limits.allowed[i / 64] >> (i % 64) & 1) == 0) scores[i] = kNever;
}

}  // namespace

Sampler::Sampler(const GenerateOptions& options, std::int64_t tokens)
    : options_(options), bias_(bias_of(options, tokens)), random_(options.seed) {}

std::int32_t Sampler::choose(std::span<float> scores, const std::vector<std::int32_t>& seen,
                             std::size_t prompt_tokens, const Limits& limits, ScoredToken* scored) {
  // What is reported is the model's own opinion, before anything is done to it.
  std::vector<float> opinion;
  double log_sum = 0;
  if (scored && options_.logprobs >= 0) {
    opinion.assign(scores.begin(), scores.end());
    log_sum = log_sum_of(scores);
    scored->top = best_of(scores, log_sum);
  }
  change(scores, seen, prompt_tokens);
  forbid(limits, scores);
  const std::int32_t best = likeliest(scores);
  // Nothing to draw from where all are forbidden, or the numbers are none (a damaged model).
  const bool draws = options_.temperature > 0 && std::isfinite(scores[static_cast<std::size_t>(best)]);
  const std::int32_t id = draws ? draw(scores, scores[static_cast<std::size_t>(best)]) : best;
  if (!opinion.empty()) {
    scored->id = id;
    scored->logprob = static_cast<double>(opinion[static_cast<std::size_t>(id)]) - log_sum;
  }
  return id;
}

std::vector<TokenScore> Sampler::best_of(std::span<const float> scores, double log_sum) const {
  const auto count = static_cast<std::size_t>(std::min<std::int64_t>(options_.logprobs, std::ssize(scores)));
  std::vector<TokenScore> best;  // in order; a new one is put in its place
  for (std::size_t i = 0; i < scores.size() && count > 0; ++i) {
    const double value = static_cast<double>(scores[i]);
    if (best.size() == count && !(value > best.back().logprob)) continue;
    if (best.size() == count) best.pop_back();
    const auto place = std::find_if(best.begin(), best.end(), [&](const TokenScore& b) { return value > b.logprob; });
    best.insert(place, {static_cast<std::int32_t>(i), value});
  }
  for (TokenScore& one : best) one.logprob -= log_sum;
  return best;
}

void Sampler::change(std::span<float> scores, const std::vector<std::int32_t>& seen,
                     std::size_t prompt_tokens) const {
  for (const auto& [id, amount] : bias_) scores[static_cast<std::size_t>(id)] += amount;
  if (options_.repetition_penalty == 1 && options_.frequency_penalty == 0 && options_.presence_penalty == 0) return;
  struct Seen {
    bool anywhere = false;
    std::int64_t in_answer = 0;
  };
  std::unordered_map<std::int32_t, Seen> counts;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    Seen& one = counts[seen[i]];
    one.anywhere = true;
    one.in_answer += i >= prompt_tokens;
  }
  const auto penalty = static_cast<float>(options_.repetition_penalty);
  for (const auto& [id, count] : counts) {
    if (static_cast<std::size_t>(id) >= scores.size()) continue;
    float& score = scores[static_cast<std::size_t>(id)];
    score = score > 0 ? score / penalty : score * penalty;
    if (count.in_answer > 0)
      score -= static_cast<float>(options_.presence_penalty +
                                  options_.frequency_penalty * static_cast<double>(count.in_answer));
  }
}

// By the probabilities under the temperature, from the likeliest on. Only as many tokens are sorted as are looked at.
std::int32_t Sampler::draw(std::span<const float> scores, float top) {
  const auto order = [](const Candidate& a, const Candidate& b) { return better(a.score, a.id, b.score, b.id); };
  candidates_.resize(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i)
    candidates_[i] = {std::isnan(scores[i]) ? kNever : scores[i], static_cast<std::int32_t>(i)};
  const auto weight_of = [&](const Candidate& one) {
    return std::exp((static_cast<double>(one.score) - static_cast<double>(top)) / options_.temperature);
  };
  std::size_t sorted = 0;
  const auto sort_until = [&](std::size_t count) {
    if (count <= sorted) return;
    count = std::min(candidates_.size(), std::max(count, 4 * sorted + 64));
    const auto from = candidates_.begin() + static_cast<std::ptrdiff_t>(sorted),
               to = candidates_.begin() + static_cast<std::ptrdiff_t>(count);
    if (to != candidates_.end()) std::nth_element(from, to, candidates_.end(), order);
    std::sort(from, to, order);
    sorted = count;
  };
  std::size_t most = candidates_.size();
  if (options_.top_k > 0) most = std::min(most, static_cast<std::size_t>(options_.top_k));
  double sum = 0;
  weights_.clear();
  const auto weight_at = [&](std::size_t i) {
    sort_until(i + 1);
    while (weights_.size() <= i) weights_.push_back(weight_of(candidates_[weights_.size()]));
    return weights_[i];
  };
  if (most < candidates_.size()) {
    for (std::size_t i = 0; i < most; ++i) sum += weight_at(i);
  } else {
    for (const Candidate& one : candidates_) sum += weight_of(one);
  }
  // How many are kept, and their weight.
  std::size_t count = most;
  double kept = sum;
  if (options_.top_p < 1) {  // the shortest list of the likeliest that reaches top_p
    double reached = 0;
    for (count = 0; count < most && reached < options_.top_p * sum;) reached += weight_at(count++);
    kept = reached;
  }
  if (options_.min_p > 0) {
    std::size_t enough = 0;
    double weight = 0;
    while (enough < count && weight_at(enough) >= options_.min_p) weight += weight_at(enough++);
    count = std::max<std::size_t>(enough, 1);
    kept = enough > 0 ? weight : weight_at(0);
  }
  double left = uniform() * kept;
  for (std::size_t i = 0; i < count; ++i) {
    left -= weight_at(i);
    if (left < 0) return candidates_[i].id;
  }
  sort_until(count);
  return candidates_[count - 1].id;
}

double Sampler::uniform() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }

}  // namespace pmtune::decode
