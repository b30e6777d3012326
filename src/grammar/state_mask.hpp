#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "grammar/dfa.hpp"

namespace pmtune::grammar {

class TokenTable;

inline void set_bit(std::span<std::uint64_t> mask, std::int32_t token) {
  mask[static_cast<std::size_t>(token) / 64] |= std::uint64_t{1} << (static_cast<std::size_t>(token) % 64);
}

// What the tokens of a vocabulary do in one state of a lexeme: which end within it, whatever comes behind the lexeme,
// and where in the tree the lexeme ends. Immutable.
class StateMask {
 public:
  struct Exit {
    std::uint32_t node;        // of the token tree
    std::uint32_t characters;  // begun on the way there, where they are counted
  };

  StateMask(const TokenTable& table, const Dfa& dfa, Dfa::State state);

  // Sets the bits of tokens that end within the lexeme and begin at most `room` of its characters, where those are
  // counted.
  void add_inner(std::span<std::uint64_t> mask, std::uint32_t room) const;

  std::span<const Exit> exits() const { return exits_; }
  std::size_t memory() const;  // bytes

 private:
  struct Inner {
    std::uint32_t characters;
    std::int32_t token;
  };
  std::vector<Inner> walk(const TokenTable& table, const Dfa& dfa, Dfa::State state);

  void keep(std::vector<Inner> inner, bool counted, std::size_t words);

  std::vector<std::int32_t> inner_;   // most characters first where they are counted; empty where bits_ say all
  std::vector<std::uint32_t> first_;  // in inner_, of the tokens that begin at most so many characters
  std::vector<std::uint64_t> bits_;   // of all that end within; empty when they are few
  std::vector<Exit> exits_;
};

}  // namespace pmtune::grammar
