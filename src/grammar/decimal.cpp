#include "grammar/decimal.hpp"

#include <array>
#include <charconv>

#include "grammar/limits.hpp"
#include "grammar/refusal.hpp"

namespace pmtune::grammar {
namespace {

std::string written_out(const Json& number) {
  if (!number.is_number_float()) return number.dump();
  std::array<char, 1100> text;  // the shortest digits that read as this number, without an exponent
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), number.get<double>(), std::chars_format::fixed);
  return {text.data(), end.ptr};
}

}  // namespace

Decimal Decimal::of(const Json& number) {
  std::string text = written_out(number);
  Decimal result;
  result.negative = text.front() == '-';
  if (result.negative) text.erase(0, 1);
  const std::size_t point = text.find('.');
  result.whole = text.substr(0, point);
  if (point != std::string::npos) result.fraction = text.substr(point + 1);
  while (!result.fraction.empty() && result.fraction.back() == '0') result.fraction.pop_back();
  if (result.is_zero()) result.negative = false;
  if (result.whole.size() > max_bound_digits || result.fraction.size() > max_bound_digits)
    throw Refusal{Code::unsupported, "has a bound of too many digits; leave the bound out"};
  return result;
}

int compare_whole(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a == b ? 0 : a < b ? -1 : 1;
}

int compare(const Decimal& a, const Decimal& b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  const int whole = compare_whole(a.whole, b.whole);
  const int size = whole != 0 ? whole : a.fraction == b.fraction ? 0 : a.fraction < b.fraction ? -1 : 1;
  return a.negative ? -size : size;
}

std::string plus_one(std::string digits) {
  std::size_t i = digits.size();
  while (i > 0 && digits[i - 1] == '9') digits[--i] = '0';
  if (i == 0) return "1" + digits;
  ++digits[i - 1];
  return digits;
}

std::string minus_one(std::string digits) {
  std::size_t i = digits.size();
  while (digits[i - 1] == '0') digits[--i] = '9';
  --digits[i - 1];
  if (digits.size() > 1 && digits.front() == '0') digits.erase(0, 1);
  return digits;
}

Decimal whole_above(const Decimal& bound, bool strictly) {
  const bool between = !bound.fraction.empty();
  Decimal result{bound.negative, bound.whole, ""};
  if (result.negative) {
    if (!between && strictly) result.whole = minus_one(result.whole);  // -3.5 and "at least -3": cut off is right
  } else if (between || strictly) {
    result.whole = plus_one(result.whole);
  }
  if (result.is_zero()) result.negative = false;
  return result;
}

Decimal negated(Decimal number) {
  number.negative = !number.negative && !number.is_zero();
  return number;
}

}  // namespace pmtune::grammar
