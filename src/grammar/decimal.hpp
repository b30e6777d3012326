// Numbers of a schema as decimal digits, so that bounds are exact however large they are.
#pragma once

#include <string>

#include "base/json.hpp"

namespace pmtune::grammar {

struct Decimal {
  bool negative = false;  // never of zero
  std::string whole;      // digits without leading zeros; "0" for zero
  std::string fraction;   // digits without trailing zeros

  // number: a JSON number. Throws Refusal for one of more than max_bound_digits digits.
  static Decimal of(const Json& number);
  bool is_zero() const { return whole == "0" && fraction.empty(); }
  Decimal magnitude() const { return {false, whole, fraction}; }
};

// -1, 0, 1 for a below, equal to, above b.
int compare(const Decimal& a, const Decimal& b);

// Digit strings of whole numbers >= 0, without leading zeros.
int compare_whole(const std::string& a, const std::string& b);
std::string plus_one(std::string digits);
std::string minus_one(std::string digits);  // of a number >= 1

// The smallest whole number that is at least (or, strictly, above) this one.
Decimal whole_above(const Decimal& bound, bool strictly);
Decimal negated(Decimal number);

}  // namespace pmtune::grammar
