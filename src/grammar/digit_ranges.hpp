// Ranges of numbers written in digits of any base, as an automaton: continuation bytes of UTF-8 (base 64), \uXXXX
// (base 16), surrogate pairs (base 1024), integers (base 10).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "grammar/nfa.hpp"

namespace pmtune::grammar {

// All digit strings from `low` to `high` (of one length, low <= high digit by digit from the left), between two
// states. put(from, low, high, place, to): any one digit of low..high at that place, where `base` is a digit's bound.
template <class Put>
void digit_range(Nfa& nfa, Nfa::State from, std::span<const std::uint32_t> low, std::span<const std::uint32_t> high,
                 std::uint32_t base, Nfa::State to, const Put& put, std::size_t place = 0) {
  if (place + 1 == low.size()) return put(from, low[place], high[place], place, to);
  const auto rest_is = [place](std::span<const std::uint32_t> digits, std::uint32_t digit) {
    for (std::size_t i = place + 1; i < digits.size(); ++i)
      if (digits[i] != digit) return false;
    return true;
  };
  const auto then_any = [&](std::uint32_t first, std::uint32_t last) {
    Nfa::State at = nfa.add();
    put(from, first, last, place, at);
    for (std::size_t i = place + 1; i < low.size(); ++i) {
      const Nfa::State next = i + 1 == low.size() ? to : nfa.add();
      put(at, 0, base - 1, i, next);
      at = next;
    }
  };
  if (low[place] == high[place] && !(rest_is(low, 0) && rest_is(high, base - 1))) {
    const Nfa::State middle = nfa.add();
    put(from, low[place], low[place], place, middle);
    return digit_range(nfa, middle, low, high, base, to, put, place + 1);
  }
  std::uint32_t first = low[place];
  std::uint32_t last = high[place];
  if (!rest_is(low, 0)) {  // low's own beginning goes on up to the highest digits
    std::vector<std::uint32_t> highest(low.size(), base - 1);
    const Nfa::State middle = nfa.add();
    put(from, first, first, place, middle);
    digit_range(nfa, middle, low, highest, base, to, put, place + 1);
    ++first;
  }
  if (!rest_is(high, base - 1)) {
    const std::vector<std::uint32_t> lowest(high.size(), 0);
    const Nfa::State middle = nfa.add();
    put(from, last, last, place, middle);
    digit_range(nfa, middle, lowest, high, base, to, put, place + 1);
    --last;
  }
  if (first <= last) then_any(first, last);
}

}  // namespace pmtune::grammar
