#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "decode/sampler.hpp"

using namespace pmtune;

namespace {

// How often each token comes in many draws.
std::map<std::int32_t, double> shares(const GenerateOptions& options, const std::vector<float>& scores,
                                      const std::vector<std::int32_t>& seen = {}) {
  decode::Sampler sampler(options);
  std::map<std::int32_t, double> share;
  constexpr int draws = 20000;
  for (int i = 0; i < draws; ++i) {
    std::vector<float> copy = scores;
    share[sampler.choose(copy, seen)] += 1.0 / draws;
  }
  return share;
}

const std::vector<float> kScores{std::log(0.5f), std::log(0.3f), std::log(0.15f), std::log(0.05f)};

}  // namespace

TEST_CASE("temperature 0 takes the best, and the lowest id among equals") {
  decode::Sampler sampler(GenerateOptions{});
  std::vector<float> scores{1, 3, 3, 2};
  CHECK(sampler.choose(scores, {}) == 1);
}

TEST_CASE("draws follow the probabilities, and each filter leaves out what it should") {
  GenerateOptions options;
  options.temperature = 1;
  auto share = shares(options, kScores);
  CHECK(share[0] == doctest::Approx(0.5).epsilon(0.03));
  CHECK(share[3] == doctest::Approx(0.05).epsilon(0.15));

  GenerateOptions top_k = options;
  top_k.top_k = 2;
  share = shares(top_k, kScores);
  CHECK(share.size() == 2);
  CHECK(share[0] == doctest::Approx(0.625).epsilon(0.03));

  GenerateOptions top_p = options;
  top_p.top_p = 0.7;  // 0.5 does not reach it, 0.5 + 0.3 does
  CHECK(shares(top_p, kScores).size() == 2);

  GenerateOptions min_p = options;
  min_p.min_p = 0.2;  // a fifth of 0.5 is 0.1: only 0.05 falls out
  CHECK(shares(min_p, kScores).size() == 3);

  GenerateOptions cold = options;
  cold.temperature = 0.5;  // squares the odds
  share = shares(cold, kScores);
  CHECK(share[0] / share[1] == doctest::Approx(0.25 / 0.09).epsilon(0.08));
}

TEST_CASE("the repetition penalty divides positive scores and multiplies negative ones, once a token") {
  GenerateOptions options;
  options.repetition_penalty = 2;
  decode::Sampler sampler(options);
  std::vector<float> scores{4, 3, -1, -1.5f};
  CHECK(sampler.choose(scores, {0, 0, 2}) == 1);
  CHECK(scores == std::vector<float>{2, 3, -2, -1.5f});
}

TEST_CASE("the same seed draws the same, another one differs") {
  const std::vector<float> flat(100, 0.0f);
  const auto draw = [&](std::uint64_t seed) {
    GenerateOptions options;
    options.temperature = 1;
    options.seed = seed;
    decode::Sampler sampler(options);
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 20; ++i) {
      std::vector<float> copy = flat;
      ids.push_back(sampler.choose(copy, {}));
    }
    return ids;
  };
  CHECK(draw(1) == draw(1));
  CHECK(draw(1) != draw(2));
}
