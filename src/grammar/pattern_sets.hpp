// Sets of characters in a regular expression.
#pragma once

#include "grammar/pattern_parser.hpp"

namespace pmtune::grammar {

using Ranges = std::vector<PatternNode::Range>;

Ranges united(Ranges ranges);          // sorted, joined where they touch
Ranges complement(const Ranges& set);  // set: as `united` makes it
// \d \D \w \W \s \S (ASCII and, for \s, the white space of ECMA 262); empty for another letter.
Ranges class_of_escape(char letter);
Ranges any_but_line_ends();  // what "." stands for

}  // namespace pmtune::grammar
