// An answer as words with their share of the surprise; which of them are names and figures.
#pragma once

#include <pmtune/surprises.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "preview/readings.hpp"
#include "text/tokenizer.hpp"

namespace pmtune::preview {

struct Word {
  std::string text;  // as it stands, without the spaces around it
  double nats = 0;
  bool begins_sentence = false;  // or a line, a list entry, a heading, a quotation
  bool in_heading = false;
  bool follows_closely = false;  // only spaces lie between it and the word before, on one line
};

// Tokens to words. A token counts for the word in which its first character that is no space lies; one of spaces only
// counts for the word that follows. Scripts without spaces: each token that begins with such a character is a word.
// The token that ends the answer is left out.
std::vector<Word> words_of(const text::Tokenizer& tokenizer, const ReadAnswer& answer);

// A name or a figure: it has a digit, or a capital where none must stand, and `known` does not have it. Capitals are
// those of Latin, Greek and Cyrillic; a language that writes all nouns with one has more such words in every answer,
// which is why the rule for new_facts compares within the set.
bool is_specific(const Word& word, std::string_view known);

inline constexpr double surprising_word = 6;  // nats: less likely than 1 in 400

struct WordFigures {
  double nats = 0;           // of all words
  double specific_nats = 0;  // of surprising names and figures
  std::int64_t specific_words = 0;
  std::vector<SurprisingSpan> spans;  // in the order of the answer
};
// `known` is what the model has read before the answer. Surprising words that follow each other closely are one span.
WordFigures weigh_words(const std::vector<Word>& words, std::string_view known, std::int64_t turn);

}  // namespace pmtune::preview
