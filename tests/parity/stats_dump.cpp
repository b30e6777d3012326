// Shows the statistics of src/eval to test_statistics_parity.py: reads lines "wins losses", writes their p-values.
#include <cstdint>
#include <cstdio>
#include <iostream>

#include "eval/statistics.hpp"

int main() {
  std::int64_t wins = 0, losses = 0;
  while (std::cin >> wins >> losses) std::printf("%.17g\n", pmtune::eval::sign_test(wins, losses));
  return 0;
}
