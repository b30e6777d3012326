#include "eval/statistics.hpp"

#include <algorithm>
#include <cmath>

#include "base/fail.hpp"

namespace pmtune::eval {
namespace {

constexpr std::int64_t most_more_prompts = 10000;

// C(n, k) / 2^n. Mantissa and exponent are kept apart, so that neither the binomial overflows nor 2^-n underflows.
long double half_binomial(std::int64_t n, std::int64_t k) {
  long double mantissa = 1;
  std::int64_t exponent = -n;
  for (std::int64_t i = 1; i <= k; ++i) {
    mantissa *= static_cast<long double>(n - k + i) / static_cast<long double>(i);
    int shift = 0;
    mantissa = std::frexp(mantissa, &shift);
    exponent += shift;
  }
  if (exponent < -100000) return 0;
  return std::ldexp(mantissa, static_cast<int>(exponent));
}

}  // namespace

double sign_test(std::int64_t wins, std::int64_t losses) {
  if (wins < 0 || losses < 0) fail(Code::invalid_argument, "A sign test takes counts of 0 or more.");
  const std::int64_t n = wins + losses;
  const std::int64_t fewer = std::min(wins, losses);
  if (2 * fewer == n) return 1;
  // The tail from its largest term downwards: each term is the one above it times k / (n - k + 1).
  long double tail = 0;
  long double term = 1;
  for (std::int64_t k = fewer; k >= 0 && term > 0; --k) {
    tail += term;
    term *= static_cast<long double>(k) / static_cast<long double>(n - k + 1);
  }
  return static_cast<double>(std::min(1.0L, 2 * tail * half_binomial(n, fewer)));
}

std::int64_t more_prompts_needed(std::int64_t wins, std::int64_t ties, std::int64_t losses) {
  if (sign_test(wins, losses) <= significance || wins == losses) return 0;
  const std::int64_t leader = std::max(wins, losses);
  const std::int64_t trailer = std::min(wins, losses);
  const std::int64_t seen = wins + ties + losses;
  for (std::int64_t more = 1; more <= most_more_prompts; ++more) {
    const std::int64_t all = seen + more;
    const std::int64_t for_leader = leader * all / seen;
    const std::int64_t for_trailer = (trailer * all + seen - 1) / seen;
    if (for_leader > for_trailer && sign_test(for_leader, for_trailer) <= significance) return more;
  }
  return 0;
}

}  // namespace pmtune::eval
