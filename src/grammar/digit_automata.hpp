// Parts of automata over the digits of numbers >= 0, put between two states.
#pragma once

#include <string>

#include "grammar/nfa.hpp"
#include "grammar/number_ranges.hpp"

namespace pmtune::grammar {

void digit(Nfa& nfa, Nfa::State from, char low, char high, Nfa::State to);  // one digit of low..high

// Whole numbers low..high; without `high`, all of at most max_integer_digits digits or one more than low has.
void whole_range(Nfa& nfa, Nfa::State from, const std::string& low, const std::string* high, Nfa::State to);

// Decimal numbers on one side of a bound, with any number of digits behind the point; from start to final.
void at_least(Nfa& nfa, const Bound& bound);
void at_most(Nfa& nfa, const Bound& bound);

}  // namespace pmtune::grammar
