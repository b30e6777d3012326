// JSON numbers between bounds, as automata over their digits.
#pragma once

#include <optional>

#include "grammar/decimal.hpp"
#include "grammar/dfa.hpp"

namespace pmtune::grammar {

struct Bound {
  Decimal value;
  bool strict = false;  // the value itself is outside
};
struct Bounds {
  std::optional<Bound> low;
  std::optional<Bound> high;
  bool any() const { return low || high; }
};

// Integers between the bounds, exactly; where a side is open, up to max_integer_digits digits.
Dfa integers(const Bounds& bounds, Budget& budget);

// Numbers between the bounds, without an exponent. A reader rounds to a double, which never crosses a bound that is
// not strict; beside a strict one (other than 0) so few digits are allowed that rounding cannot reach it.
Dfa numbers(const Bounds& bounds, Budget& budget);

// Any number: max_integer_digits, max_fraction_digits, and an exponent with which it stays finite.
Dfa any_number(Budget& budget);

}  // namespace pmtune::grammar
