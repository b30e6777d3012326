// The rules of docs/surprises.md, on made figures.
#include <doctest/doctest.h>

#include <cmath>

#include "preview/reasons.hpp"

using namespace pmtune;
using namespace pmtune::preview;

namespace {

// Losses 1.8 to 2.2, gains about 1, a tenth of the surprise in names and figures.
std::vector<ExampleSurprise> ordinary(std::size_t count) {
  std::vector<ExampleSurprise> set(count);
  for (std::size_t i = 0; i < count; ++i) {
    set[i].index = i;
    set[i].line = static_cast<std::int64_t>(i) + 1;
    set[i].loss = 1.8 + 0.1 * static_cast<double>(i % 5);
    set[i].tokens = 200;
    set[i].own_loss = 2;
    set[i].other_loss = 3 + 0.05 * static_cast<double>(i % 3);
    set[i].gain = set[i].other_loss - set[i].own_loss;
    set[i].questions_tried = 4;
    set[i].specific_share = 0.05 + 0.02 * static_cast<double>(i % 4);
    set[i].specific_words = 2;
  }
  return set;
}

Surprises judged(std::vector<ExampleSurprise>& set, double variance = 5) {
  Surprises surprises;
  judge(set, std::vector<double>(set.size(), variance), surprises);
  return surprises;
}

std::string code_of(const ExampleSurprise& example) {
  return example.reasons.empty() ? "" : example.reasons.front().code;
}

}  // namespace

TEST_SUITE("reasons") {
  TEST_CASE("the middle and the spread of values") {
    CHECK(middle_of({3, 1, 2}).median == 2);
    CHECK(middle_of({4, 1, 2, 3}).median == 2.5);
    CHECK(middle_of({1, 2, 3, 4, 100}).spread == doctest::Approx(1.4826));
    CHECK(std::isnan(middle_of({}).median));
  }
  TEST_CASE("an ordinary set raises no alarm") {
    for (const std::size_t count : {1u, 7u, 8u, 20u, 100u}) {
      auto set = ordinary(count);
      judged(set);
      for (const ExampleSurprise& example : set) CHECK(example.reasons.empty());
    }
  }
  TEST_CASE("an outlier is unusual, from 8 examples on") {
    for (const std::size_t count : {7u, 8u}) {
      auto set = ordinary(count);
      set[3].loss = 4;
      judged(set);
      CHECK(code_of(set[3]) == (count < 8 ? "" : "unusual"));
      CHECK(std::isnan(set[3].unusual) == (count < 8));
    }
  }
  TEST_CASE("a short answer may stray further by chance") {
    auto set = ordinary(20);
    set[3].loss = 3.4;
    judged(set);
    CHECK(code_of(set[3]) == "unusual");
    set = ordinary(20);
    set[3].loss = 3.4;
    set[3].tokens = 5;
    judged(set);
    CHECK(code_of(set[3]) == "");
  }
  TEST_CASE("what is known already") {
    auto set = ordinary(3);
    set[1].loss = 0.1;
    judged(set);
    CHECK(code_of(set[1]) == "already_known");
  }
  TEST_CASE("new facts, against the set and alone") {
    auto set = ordinary(20);
    set[3].specific_share = 0.45;
    set[3].specific_words = 12;
    set[3].spans = {{"Zarkon Vexley", 40, 3, true}, {"indeed", 9, 3, false}};
    judged(set);
    REQUIRE(code_of(set[3]) == "new_facts");
    CHECK(set[3].reasons[0].message.find("“Zarkon Vexley”") != std::string::npos);
    CHECK(set[3].reasons[0].message.find("indeed") == std::string::npos);
    set = ordinary(3);
    set[1].specific_share = 0.45;
    set[1].specific_words = 12;
    judged(set);
    CHECK(code_of(set[1]) == "");
    set[1].specific_share = 0.6;
    judged(set);
    CHECK(code_of(set[1]) == "new_facts");
  }
  TEST_CASE("few names are no new facts") {
    auto set = ordinary(20);
    set[3].specific_share = 0.45;
    set[3].specific_words = 3;
    judged(set);
    CHECK(code_of(set[3]) == "");
  }
  TEST_CASE("an answer at the wrong question") {
    auto set = ordinary(20);
    set[3].gain = 0.05;
    set[3].questions_tried = 19;
    set[3].questions_better = 12;
    set[3].best_question = 6;
    judged(set);
    REQUIRE(code_of(set[3]) == "answer_does_not_fit_question");
    CHECK(set[3].reasons[0].message.find("after 12 of 19 other questions") != std::string::npos);
    CHECK(set[3].reasons[0].message.find("line 7") != std::string::npos);
    set = ordinary(20);
    set[3].gain = 0.05;
    set[3].questions_tried = 19;
    set[3].questions_better = 1;
    judged(set);
    CHECK(code_of(set[3]) == "");
  }
  TEST_CASE("two swapped answers name each other") {
    auto set = ordinary(20);
    for (const std::size_t i : {3u, 6u}) {
      set[i].gain = -0.2;
      set[i].questions_tried = 19;
      set[i].questions_better = 15;
      set[i].best_question = 9 - static_cast<std::int64_t>(i);
    }
    judged(set);
    CHECK(set[3].reasons[0].message.find("swapped with that of line 7") != std::string::npos);
    CHECK(set[6].reasons[0].message.find("swapped with that of line 4") != std::string::npos);
  }
  TEST_CASE("where questions tell nothing, none is wrong") {
    auto set = ordinary(20);
    for (ExampleSurprise& example : set) example.gain = 0.02;
    set[3].gain = -0.5;
    set[3].questions_better = 4;
    const Surprises surprises = judged(set);
    CHECK(code_of(set[3]) == "");
    CHECK(surprises.median_gain == doctest::Approx(0.02));
  }
  TEST_CASE("an example that could not be read is left alone") {
    auto set = ordinary(20);
    set[3] = ExampleSurprise();
    set[3].error = "refused";
    judged(set);
    CHECK(set[3].reasons.empty());
  }
}
