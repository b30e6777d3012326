// Which language a text is written in, as far as a few lines tell.
#pragma once

#include <string_view>

namespace pmtune::data {

// "English", "German", ...; nullptr when the text is too short, holds no words of a known language, or looks like
// several. By script where a script has one language; else by the small words that make up a quarter and more of any
// running text
// ("the", "und", "que"; Dunning 1994 counts letters to the same end). Only the first 1,200 bytes are looked at.
const char* language_of(std::string_view text);

// "the", "und", "que": a word that says nothing by itself, in any of the languages.
bool is_small_word(std::string_view word);

}  // namespace pmtune::data
