// Characters as they stand within the quotes of a JSON text (RFC 8259): UTF-8, and escapes.
#pragma once

#include <cstdint>
#include <string_view>

#include "grammar/nfa.hpp"

namespace pmtune::grammar {

// needed: \uXXXX only for what is not printable ASCII, as JSON writers do it. Texts that are compared with something
// (names, enum, pattern) are written so: there \u0061 for "a" would be a way around, or a trap for a model.
// all: whatever a JSON reader understands.
enum class Escapes { needed, all };

// Any one character of low..high (code points; surrogates within are left out), between two states.
void character(Nfa& nfa, Nfa::State from, std::uint32_t low, std::uint32_t high, Escapes escapes, Nfa::State to);

inline constexpr std::uint32_t last_code_point = 0x10FFFF;
inline void any_character(Nfa& nfa, Nfa::State from, Escapes escapes, Nfa::State to) {
  character(nfa, from, 0, last_code_point, escapes, to);
}

// This text (valid UTF-8), without quotes.
void characters(Nfa& nfa, Nfa::State from, std::string_view text, Nfa::State to);

}  // namespace pmtune::grammar
