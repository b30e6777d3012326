#include "grammar/lexemes.hpp"

#include "grammar/json_text.hpp"
#include "grammar/limits.hpp"
#include "grammar/number_ranges.hpp"

namespace pmtune::grammar {
namespace {

Lexeme shared(Dfa dfa) {
  dfa.make_standard();
  return std::make_shared<const Dfa>(std::move(dfa));
}

Dfa made_of(const Nfa& nfa) {
  Budget budget = Budget::of_a_grammar();
  return Dfa::of(nfa, budget);
}

Lexeme word(std::string_view text) {
  Nfa nfa;
  nfa.text(Nfa::start, text, Nfa::final);
  return shared(made_of(nfa));
}

Lexeme space() {
  Nfa nfa;
  nfa.empty(Nfa::start, Nfa::final);
  nfa.byte(Nfa::start, ' ', Nfa::final);
  Nfa::State at = nfa.add();
  nfa.byte(Nfa::start, '\n', at);
  nfa.text(Nfa::start, "\r\n", at);
  nfa.empty(at, Nfa::final);
  for (int i = 0; i < max_indent; ++i) {
    const Nfa::State next = nfa.add();
    nfa.byte(at, ' ', next);
    nfa.byte(at, '\t', next);
    nfa.empty(next, Nfa::final);
    at = next;
  }
  return shared(made_of(nfa));
}

Lexeme gap() {
  Nfa nfa;
  nfa.empty(Nfa::start, Nfa::final);
  nfa.byte(Nfa::start, ' ', Nfa::final);
  return shared(made_of(nfa));
}

Lexeme text() {
  Nfa nfa;
  const Nfa::State inside = nfa.add();
  nfa.byte(Nfa::start, '"', inside);
  any_character(nfa, inside, Escapes::all, inside);
  nfa.byte(inside, '"', Nfa::final);
  Dfa dfa = made_of(nfa);
  dfa.count_characters_from(dfa.next(Dfa::start, '"'));
  return shared(std::move(dfa));
}

StandardLexemes make() {
  Budget budget = Budget::of_a_grammar();
  StandardLexemes all;
  all.space = space();
  all.gap = gap();
  all.text = text();
  all.number = shared(any_number(budget));
  all.integer = shared(integers({}, budget));
  all.open_object = word("{");
  all.close_object = word("}");
  all.open_array = word("[");
  all.close_array = word("]");
  all.comma = word(",");
  all.colon = word(":");
  all.yes = word("true");
  all.no = word("false");
  all.null = word("null");
  return all;
}

}  // namespace

const StandardLexemes& standard_lexemes() {
  static const StandardLexemes lexemes = make();
  return lexemes;
}

}  // namespace pmtune::grammar
