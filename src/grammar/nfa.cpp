#include "grammar/nfa.hpp"

#include "grammar/limits.hpp"
#include "grammar/refusal.hpp"

namespace pmtune::grammar {

Nfa::Nfa() {
  add();
  add();
}

Nfa::State Nfa::add() {
  if (edges_.size() >= max_nfa_states)
    throw Refusal{Code::unsupported, "takes too large an automaton; ask for less repetition or fewer alternatives"};
  edges_.emplace_back();
  empties_.emplace_back();
  return static_cast<State>(edges_.size() - 1);
}

void Nfa::bytes(State from, std::uint8_t low, std::uint8_t high, State to) {
  edges_[from].push_back({low, high, to});
}

void Nfa::byte(State from, char byte, State to) {
  bytes(from, static_cast<std::uint8_t>(byte), static_cast<std::uint8_t>(byte), to);
}

void Nfa::empty(State from, State to) { empties_[from].push_back(to); }

void Nfa::text(State from, std::string_view text, State to) {
  if (text.empty()) return empty(from, to);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const State next = i + 1 == text.size() ? to : add();
    byte(from, text[i], next);
    from = next;
  }
}

}  // namespace pmtune::grammar
