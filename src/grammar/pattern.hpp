// Regular expressions of schemas ("pattern"), as automata over the inside of a JSON text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "grammar/dfa.hpp"

namespace pmtune::grammar {

// JSON texts, with their quotes, in which the pattern is found: as JSON Schema has it, anywhere unless anchored. The
// regular part of ECMA 262: characters, classes, \d \w \s, groups, alternatives, repetition (lazy or not), ^ and $
// at the ends. Throws Refusal: invalid_argument for what is no regular expression, unsupported for look-around, word
// boundaries, references to groups, \p, flags, and anchors in the middle, by name.
Dfa matching_texts(std::string_view pattern, Budget& budget);

// A pattern that asks for characters of one set only, such as ^[a-z ]{1,200}$, as texts whose characters are counted:
// one state instead of 200, each with a mask of its own. None for every other pattern. Throws as matching_texts().
struct CountedTexts {
  Dfa texts;  // of any length
  std::uint32_t least;
  std::uint32_t most;
};
std::optional<CountedTexts> counted_texts(std::string_view pattern, Budget& budget);

}  // namespace pmtune::grammar
