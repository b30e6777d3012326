// A nondeterministic automaton over bytes, being drawn: parts of a lexeme are put between two of its states.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace pmtune::grammar {

class Nfa {
 public:
  using State = std::uint32_t;
  struct Edge {
    std::uint8_t low;
    std::uint8_t high;
    State to;
  };
  static constexpr State start = 0;
  static constexpr State final = 1;

  Nfa();
  // All of these throw Refusal when the automaton passes max_nfa_states.
  State add();
  void bytes(State from, std::uint8_t low, std::uint8_t high, State to);  // any byte of low..high
  void byte(State from, char byte, State to);
  void text(State from, std::string_view text, State to);  // these bytes; an empty text is an empty step
  void empty(State from, State to);

  std::size_t size() const { return edges_.size(); }
  const std::vector<Edge>& edges(State state) const { return edges_[state]; }
  const std::vector<State>& empties(State state) const { return empties_[state]; }

 private:
  std::vector<std::vector<Edge>> edges_;
  std::vector<std::vector<State>> empties_;
};

}  // namespace pmtune::grammar
