// The lexemes that all grammars share. They are made once, and what a vocabulary's tokens do in them is kept with the
// vocabulary (token_table.hpp): most of an answer is plain text between quotes.
#pragma once

#include <memory>
#include <string_view>

#include "grammar/dfa.hpp"

namespace pmtune::grammar {

using Lexeme = std::shared_ptr<const Dfa>;

struct StandardLexemes {
  Lexeme space;   // "", " ", or a line break and at most max_indent blanks
  Lexeme gap;     // "" or " ": beside a colon
  Lexeme text;    // a string with its quotes; characters are counted
  Lexeme number;  // any number
  Lexeme integer;
  Lexeme open_object, close_object, open_array, close_array, comma, colon;
  Lexeme yes, no, null;
};

// Thread-safe; lives as long as the process.
const StandardLexemes& standard_lexemes();

}  // namespace pmtune::grammar
