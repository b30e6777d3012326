#include "grammar/digit_automata.hpp"

#include <algorithm>
#include <vector>

#include "grammar/digit_ranges.hpp"
#include "grammar/limits.hpp"

namespace pmtune::grammar {

using State = Nfa::State;

void digit(Nfa& nfa, State from, char low, char high, State to) {
  nfa.bytes(from, static_cast<std::uint8_t>(low), static_cast<std::uint8_t>(high), to);
}

void whole_range(Nfa& nfa, State from, const std::string& low, const std::string* high, State to) {
  const std::size_t open_end = std::max<std::size_t>(max_integer_digits, low.size() + 1);
  const std::size_t longest = high != nullptr ? high->size() : open_end;
  const auto values = [](const std::string& text) {
    std::vector<std::uint32_t> result;
    for (const char letter : text) result.push_back(static_cast<std::uint32_t>(letter - '0'));
    return result;
  };
  const auto put = [&](State at, std::uint32_t first, std::uint32_t last, std::size_t, State next) {
    digit(nfa, at, static_cast<char>('0' + first), static_cast<char>('0' + last), next);
  };
  for (std::size_t length = low.size(); length <= longest; ++length) {
    const std::string first = length == low.size() ? low : "1" + std::string(length - 1, '0');
    const std::string last = high != nullptr && length == longest ? *high : std::string(length, '9');
    if (first <= last) digit_range(nfa, from, values(first), values(last), 10, to, put);
  }
}

namespace {

void any_digits(Nfa& nfa, State at) { digit(nfa, at, '0', '9', at); }

// "", or a point and digits. Their number is limited elsewhere.
void any_fraction(Nfa& nfa, State from, State to) {
  nfa.empty(from, to);
  const State point = nfa.add();
  const State more = nfa.add();
  nfa.byte(from, '.', point);
  digit(nfa, point, '0', '9', more);
  any_digits(nfa, more);
  nfa.empty(more, to);
}

// Goes along the digits of a bound's fraction, from the state behind the whole part; beside each digit those that are
// larger (or smaller) lead to `apart`. The state behind the last digit; `passed` are those on the way.
State along_fraction(Nfa& nfa, State from, const std::string& fraction, bool larger, State apart,
                     std::vector<State>& passed) {
  State at = nfa.add();
  nfa.byte(from, '.', at);
  for (const char bound : fraction) {
    if (larger && bound < '9') digit(nfa, at, static_cast<char>(bound + 1), '9', apart);
    if (!larger && bound > '0') digit(nfa, at, '0', static_cast<char>(bound - 1), apart);
    const State next = nfa.add();
    nfa.byte(at, bound, next);
    passed.push_back(next);
    at = next;
  }
  return at;
}

}  // namespace

void at_least(Nfa& nfa, const Bound& bound) {
  const Decimal& low = bound.value;
  const State above = nfa.add();
  whole_range(nfa, Nfa::start, plus_one(low.whole), nullptr, above);
  any_fraction(nfa, above, Nfa::final);
  const State same = nfa.add();
  nfa.text(Nfa::start, low.whole, same);
  const State larger = nfa.add();  // accepted, whatever follows
  any_digits(nfa, larger);
  nfa.empty(larger, Nfa::final);
  std::vector<State> passed;
  const State equal = along_fraction(nfa, same, low.fraction, true, larger, passed);
  nfa.byte(equal, '0', equal);
  digit(nfa, equal, '1', '9', larger);
  if (bound.strict) return;
  if (low.fraction.empty()) nfa.empty(same, Nfa::final);
  if (!low.fraction.empty()) return nfa.empty(equal, Nfa::final);
  const State zeros = nfa.add();  // "7.0" for at least 7
  nfa.byte(equal, '0', zeros);
  nfa.byte(zeros, '0', zeros);
  nfa.empty(zeros, Nfa::final);
}

void at_most(Nfa& nfa, const Bound& bound) {
  const Decimal& high = bound.value;
  if (high.whole != "0") {
    const State below = nfa.add();
    const std::string last = minus_one(high.whole);
    whole_range(nfa, Nfa::start, "0", &last, below);
    any_fraction(nfa, below, Nfa::final);
  }
  const State same = nfa.add();
  nfa.text(Nfa::start, high.whole, same);
  if (!bound.strict || !high.fraction.empty()) nfa.empty(same, Nfa::final);
  const State smaller = nfa.add();
  any_digits(nfa, smaller);
  nfa.empty(smaller, Nfa::final);
  std::vector<State> passed;
  const State equal = along_fraction(nfa, same, high.fraction, false, smaller, passed);
  for (std::size_t i = 0; i + 1 < passed.size(); ++i) nfa.empty(passed[i], Nfa::final);  // digits left out are zeros
  if (bound.strict) return;
  const State zeros = nfa.add();
  nfa.byte(equal, '0', zeros);
  nfa.byte(zeros, '0', zeros);
  nfa.empty(zeros, Nfa::final);
  if (!passed.empty()) nfa.empty(equal, Nfa::final);
}

}  // namespace pmtune::grammar
