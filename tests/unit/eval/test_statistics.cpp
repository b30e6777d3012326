#include <doctest/doctest.h>

#include <cmath>
#include <pmtune/error.hpp>

#include "eval/statistics.hpp"

using namespace pmtune;
using namespace pmtune::eval;

TEST_CASE("sign test: exact values that can be counted by hand") {
  CHECK(sign_test(0, 0) == 1);
  CHECK(sign_test(1, 0) == 1);
  CHECK(sign_test(2, 0) == 0.5);
  CHECK(sign_test(5, 0) == 2.0 / 32);
  CHECK(sign_test(6, 0) == 2.0 / 64);
  CHECK(sign_test(9, 0) == 2.0 / 512);
  CHECK(sign_test(8, 1) == doctest::Approx(2.0 * (1 + 9) / 512).epsilon(1e-14));
  CHECK(sign_test(10, 2) == doctest::Approx(2.0 * (1 + 12 + 66) / 4096).epsilon(1e-14));
  CHECK(sign_test(3, 3) == 1);
}

TEST_CASE("sign test: the anchors of the literature") {
  CHECK(sign_test(15, 5) == doctest::Approx(0.04138946533203125).epsilon(1e-13));
  CHECK(sign_test(14, 6) == doctest::Approx(0.115318298339843750).epsilon(1e-13));
}

TEST_CASE("sign test: symmetric, falling, and between 0 and 1") {
  for (int n = 1; n <= 60; ++n) {
    double before = 1;
    for (int wins = (n + 1) / 2; wins <= n; ++wins) {
      const double p = sign_test(wins, n - wins);
      CHECK(p == sign_test(n - wins, wins));
      CHECK(p <= before);
      CHECK(p > 0);
      before = p;
    }
  }
}

TEST_CASE("sign test: large counts neither overflow nor vanish too early") {
  CHECK(sign_test(1000, 1000) == 1);
  CHECK(sign_test(1000, 0) == doctest::Approx(std::ldexp(1.0, -999)).epsilon(1e-12));
  CHECK(sign_test(500500, 499500) > 0.3);
  CHECK(sign_test(40000, 0) == 0);  // 2^-39999 is below every double
}

TEST_CASE("sign test: negative counts are refused") { CHECK_THROWS_AS(sign_test(-1, 2), Error); }

TEST_CASE("more prompts needed") {
  CHECK(more_prompts_needed(9, 3, 0) == 0);      // decided
  CHECK(more_prompts_needed(0, 12, 0) == 0);     // nothing to go by
  CHECK(more_prompts_needed(4, 4, 4) == 0);      // neither leads
  CHECK(more_prompts_needed(5, 0, 0) == 1);      // six of six decide
  CHECK(more_prompts_needed(3, 9, 0) == 12);     // six wins are needed, one in four prompts is one
  CHECK(more_prompts_needed(0, 9, 3) == 12);     // the same for losses
  CHECK(more_prompts_needed(501, 0, 499) == 0);  // more than ten thousand
}

TEST_CASE("more prompts needed: the answer decides, and it is the first that does") {
  for (int wins = 1; wins <= 8; ++wins)
    for (int losses = 0; losses < wins; ++losses) {
      const auto more = more_prompts_needed(wins, 2, losses);
      if (more == 0) continue;
      const auto seen = wins + 2 + losses;
      const auto scaled_wins = wins * (seen + more) / seen;
      const auto scaled_losses = (losses * (seen + more) + seen - 1) / seen;
      CHECK(sign_test(scaled_wins, scaled_losses) <= significance);
    }
}
