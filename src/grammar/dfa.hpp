// A deterministic automaton over bytes: one lexeme of an answer (a text with its quotes, a number, white space).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "grammar/nfa.hpp"

namespace pmtune::grammar {

// What one grammar may still spend on its automata.
struct Budget {
  std::size_t work;
  std::size_t cells;
  static Budget of_a_grammar();
};

// Immutable once made. Every state can reach an accepting one; a language without any text has no states.
class Dfa {
 public:
  using State = std::int32_t;
  static constexpr State dead = -1;
  static constexpr State start = 0;

  // The texts that nfa accepts. Throws Refusal when the budget is spent.
  static Dfa of(const Nfa& nfa, Budget& budget);
  // The texts that both accept, or (except) that `a` accepts and `b` does not.
  static Dfa both(const Dfa& a, const Dfa& b, Budget& budget) { return product(a, b, false, budget); }
  static Dfa except(const Dfa& a, const Dfa& b, Budget& budget) { return product(a, b, true, budget); }

  State next(State state, std::uint8_t byte) const {
    return table_[static_cast<std::size_t>(state) * classes_ + class_of_[byte]];
  }
  bool accepts(State state) const { return (flags_[static_cast<std::size_t>(state)] & accepting) != 0; }
  bool goes_on(State state) const { return (flags_[static_cast<std::size_t>(state)] & going_on) != 0; }
  std::size_t size() const { return flags_.size(); }

  // In a text whose characters are counted, the state between two of them: a step from it that does not end the text
  // begins a character. `dead` where nothing is counted.
  State between() const { return between_; }
  void count_characters_from(State state) { between_ = state; }

  // Shared by all grammars and kept as long as the process: what is known about it may be kept, too.
  bool standard() const { return standard_; }
  void make_standard() { standard_ = true; }

 private:
  static constexpr std::uint8_t accepting = 1;
  static constexpr std::uint8_t going_on = 2;
  class Subsets;

  static Dfa product(const Dfa& a, const Dfa& b, bool except, Budget& budget);
  State add_state(bool accepts, Budget& budget);
  void drop_useless_states();
  std::vector<bool> useful_states() const;

  std::array<std::uint8_t, 256> class_of_{};
  std::size_t classes_ = 1;
  std::vector<State> table_;  // [state, class]
  std::vector<std::uint8_t> flags_;
  State between_ = dead;
  bool standard_ = false;
};

}  // namespace pmtune::grammar
