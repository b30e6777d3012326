#include "grammar/number_ranges.hpp"

#include <algorithm>
#include <vector>

#include "grammar/digit_automata.hpp"
#include "grammar/limits.hpp"

namespace pmtune::grammar {
namespace {

using State = Nfa::State;

// least to most digits.
void digits(Nfa& nfa, State from, int least, int most, State to) {
  for (int i = 1; i <= most; ++i) {
    const State next = nfa.add();
    digit(nfa, from, '0', '9', next);
    if (i >= least) nfa.empty(next, to);
    from = next;
  }
}

// The bounds of magnitudes of negative numbers.
Bounds mirrored(const Bounds& bounds) {
  Bounds result;
  if (bounds.high) result.low = Bound{negated(bounds.high->value), bounds.high->strict};
  if (bounds.low) result.high = Bound{negated(bounds.low->value), bounds.low->strict};
  return result;
}

// Those >= 0 (or, without zero, > 0); false where there are none.
bool cut_to_positive(Bounds& bounds, bool zero) {
  if (bounds.high && bounds.high->value.negative) return false;
  if (!bounds.low || bounds.low->value.negative) bounds.low = Bound{Decimal{false, "0", ""}, false};
  if (!zero && bounds.low->value.is_zero()) bounds.low->strict = true;
  return true;
}

void positive_integers(Nfa& nfa, State from, Bounds bounds, bool zero) {
  if (!cut_to_positive(bounds, zero)) return;
  const std::string low = whole_above(bounds.low->value, bounds.low->strict).whole;
  if (!bounds.high) return whole_range(nfa, from, low, nullptr, Nfa::final);
  const Decimal high = negated(whole_above(negated(bounds.high->value), bounds.high->strict));
  if (!high.negative && compare_whole(low, high.whole) <= 0) whole_range(nfa, from, low, &high.whole, Nfa::final);
}

int fraction_digits(const Bounds& bounds) {
  int most = max_fraction_digits;
  for (const auto& bound : {bounds.low, bounds.high}) {
    if (!bound || !bound->strict || bound->value.is_zero()) continue;
    const int whole = bound->value.whole == "0" ? 0 : static_cast<int>(bound->value.whole.size());
    most = std::min(most, std::max(1, 15 - whole));  // 15 digits are told apart by doubles
  }
  return most;
}

Dfa of_shape(int whole, int fraction, Budget& budget) {
  Nfa nfa;
  const State behind = nfa.add();
  const State point = nfa.add();
  digits(nfa, Nfa::start, 1, whole, behind);
  nfa.empty(behind, Nfa::final);
  nfa.byte(behind, '.', point);
  digits(nfa, point, 1, fraction, Nfa::final);
  return Dfa::of(nfa, budget);
}

Dfa positive_numbers(Bounds bounds, bool zero, Budget& budget) {
  if (!cut_to_positive(bounds, zero)) return {};
  const auto longest = std::max<std::size_t>(max_integer_digits, bounds.low->value.whole.size() + 1);
  const int whole = static_cast<int>(bounds.high ? bounds.high->value.whole.size() : longest);
  Nfa low;
  at_least(low, *bounds.low);
  Dfa result = Dfa::both(Dfa::of(low, budget), of_shape(whole, fraction_digits(bounds), budget), budget);
  if (!bounds.high) return result;
  Nfa high;
  at_most(high, *bounds.high);
  return Dfa::both(result, Dfa::of(high, budget), budget);
}

// Puts an automaton into another one.
void embed(Nfa& nfa, State from, const Dfa& dfa, State to) {
  std::vector<State> states(dfa.size());
  for (State& state : states) state = nfa.add();
  if (!states.empty()) nfa.empty(from, states.front());
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (dfa.accepts(static_cast<Dfa::State>(i))) nfa.empty(states[i], to);
    for (int byte = 0; byte < 256; ++byte) {
      const Dfa::State next = dfa.next(static_cast<Dfa::State>(i), static_cast<std::uint8_t>(byte));
      if (next != Dfa::dead) nfa.byte(states[i], static_cast<char>(byte), states[static_cast<std::size_t>(next)]);
    }
  }
}

}  // namespace

Dfa integers(const Bounds& bounds, Budget& budget) {
  Nfa nfa;
  positive_integers(nfa, Nfa::start, bounds, true);
  const State minus = nfa.add();
  nfa.byte(Nfa::start, '-', minus);
  positive_integers(nfa, minus, mirrored(bounds), false);
  return Dfa::of(nfa, budget);
}

Dfa numbers(const Bounds& bounds, Budget& budget) {
  Nfa nfa;
  embed(nfa, Nfa::start, positive_numbers(bounds, true, budget), Nfa::final);
  const State minus = nfa.add();
  nfa.byte(Nfa::start, '-', minus);
  embed(nfa, minus, positive_numbers(mirrored(bounds), false, budget), Nfa::final);
  return Dfa::of(nfa, budget);
}

Dfa any_number(Budget& budget) {
  Nfa nfa;
  const State unsigned_part = nfa.add();
  nfa.empty(Nfa::start, unsigned_part);
  nfa.byte(Nfa::start, '-', unsigned_part);
  const State whole = nfa.add();
  whole_range(nfa, unsigned_part, "0", nullptr, whole);
  const State point = nfa.add();
  const State mantissa = nfa.add();
  nfa.empty(whole, mantissa);
  nfa.byte(whole, '.', point);
  digits(nfa, point, 1, max_fraction_digits, mantissa);
  nfa.empty(mantissa, Nfa::final);

  const State exponent = nfa.add();
  const State negative = nfa.add();
  const State positive = nfa.add();
  nfa.byte(mantissa, 'e', exponent);
  nfa.byte(mantissa, 'E', exponent);
  nfa.byte(exponent, '-', negative);
  nfa.byte(exponent, '+', positive);
  nfa.empty(exponent, positive);
  digits(nfa, negative, 1, 3, Nfa::final);
  digits(nfa, positive, 1, 2, Nfa::final);
  // Up to 269: with the digits before the point no double overflows.
  const State one = nfa.add();
  const State two = nfa.add();
  const State last = nfa.add();
  nfa.byte(positive, '1', one);
  digit(nfa, one, '0', '9', last);
  nfa.byte(positive, '2', two);
  digit(nfa, two, '0', '6', last);
  digit(nfa, last, '0', '9', Nfa::final);
  return Dfa::of(nfa, budget);
}

}  // namespace pmtune::grammar
