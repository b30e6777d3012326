#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "eval/verdict.hpp"

using namespace pmtune;
using namespace pmtune::eval;

namespace {

// An arm whose answers pass `passed[i]` of four checks.
EvalArm arm(const std::vector<int>& passed, const std::vector<double>& losses = {}) {
  EvalArm result;
  for (const int count : passed) {
    EvalAnswer answer;
    for (int i = 0; i < 4; ++i) answer.checks.push_back({"c", i < count, ""});
    result.answers.push_back(answer);
  }
  for (const double loss : losses) result.held_out.push_back({loss, 10});
  summarise(result);
  return result;
}

std::vector<int> times(int count, int value) { return std::vector<int>(static_cast<std::size_t>(count), value); }
std::vector<double> losses(int count, double value) {
  return std::vector<double>(static_cast<std::size_t>(count), value);
}

bool says(const Verdict& verdict, const std::string& words) {
  return verdict.sentence.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("summaries: scores, token-weighted loss, perplexity") {
  EvalArm one = arm({4, 2}, {});
  CHECK(one.format_score == 0.75);
  CHECK(std::isnan(one.held_out_loss));
  CHECK(std::isnan(one.perplexity));
  one.held_out = {{1.0, 30}, {2.0, 10}, {99, 0}};
  summarise(one);
  CHECK(one.held_out_loss == 1.25);
  CHECK(one.perplexity == doctest::Approx(std::exp(1.25)));
  EvalArm none;
  none.answers.resize(2);  // prompts without checks
  summarise(none);
  CHECK(std::isnan(none.format_score));
}

TEST_CASE("better by form alone") {
  std::vector<int> tuned = times(9, 4);
  tuned.insert(tuned.end(), {1, 1, 1});
  const Verdict verdict = judge_pair(arm(times(12, 1), losses(2, 2.5)), arm(tuned, losses(2, 1.5)));
  CHECK(verdict.outcome == Outcome::better);
  CHECK(verdict.wins == 9);
  CHECK(verdict.ties == 3);
  CHECK(verdict.losses == 0);
  CHECK(verdict.p_value == 2.0 / 512);
  CHECK(verdict.loss_wins == 2);
  CHECK(verdict.loss_p_value == 0.5);
  CHECK(verdict.more_prompts_needed == 0);
  CHECK(verdict.sentence ==
        "The form of 9 of 12 answers improved and none got worse (p = 0.004); the loss fell on 2 of 2 held-out "
        "examples (p = 0.50, "
        "too few to decide by themselves). So the tuned model is better.");
}

TEST_CASE("better by loss alone") {
  const Verdict verdict = judge_pair(arm(times(4, 2), losses(8, 2)), arm({3, 2, 2, 1}, losses(8, 1)));
  CHECK(verdict.outcome == Outcome::better);
  CHECK(verdict.loss_p_value == doctest::Approx(2.0 / 256));
}

TEST_CASE("worse by form, and worse by a loss that is no number any more") {
  CHECK(judge_pair(arm(times(7, 3)), arm(times(7, 1))).outcome == Outcome::worse);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Verdict diverged = judge_pair(arm({2}, losses(8, 2)), arm({2}, losses(8, nan)));
  CHECK(diverged.outcome == Outcome::worse);
  CHECK(diverged.loss_losses == 8);
  CHECK(says(diverged, "rose on 8 of 8"));
}

TEST_CASE("measures that contradict each other decide nothing") {
  const Verdict verdict = judge_pair(arm(times(8, 1), losses(8, 1)), arm(times(8, 4), losses(8, 2)));
  CHECK(verdict.outcome == Outcome::cannot_tell);
  CHECK(verdict.more_prompts_needed == 0);
  CHECK(says(verdict, "contradict"));
}

TEST_CASE("few prompts: cannot tell, and how many more would") {
  const Verdict verdict = judge_pair(arm({1, 1, 1, 1}), arm({2, 2, 2, 1}));
  CHECK(verdict.outcome == Outcome::cannot_tell);
  CHECK(verdict.more_prompts_needed == 4);
  CHECK(says(verdict, "about 4 more prompts would decide"));
  CHECK(says(verdict, "no examples were held out"));
}

TEST_CASE("nothing changed") {
  const Verdict verdict = judge_pair(arm({2, 2}), arm({2, 2}));
  CHECK(verdict.outcome == Outcome::cannot_tell);
  CHECK(verdict.p_value == 1);
  CHECK(says(verdict, "all 2 answers stayed the same"));
  CHECK(judge_pair(EvalArm{}, EvalArm{}).outcome == Outcome::cannot_tell);
}

TEST_CASE("outcomes have stable names") {
  CHECK(std::string(to_string(Outcome::better)) == "better");
  CHECK(std::string(to_string(Outcome::worse)) == "worse");
  CHECK(std::string(to_string(Outcome::cannot_tell)) == "cannot_tell");
}
