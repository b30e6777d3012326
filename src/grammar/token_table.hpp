// The tokens of a model as a tree of bytes, so that what an automaton does with a beginning is found out once for all
// tokens that share it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/dfa.hpp"
#include "grammar/state_mask.hpp"
#include "text/tokenizer.hpp"

namespace pmtune::grammar {

// Made once for a model, then immutable but for what it remembers under a lock: share it between threads and answers.
class TokenTable {
 public:
  // A node of the tree. Nodes are numbered so that those below a node follow it, up to its end.
  using Node = std::uint32_t;
  static constexpr Node root = 0;

  // tokens[i]: the bytes of token i; empty for control tokens and others that no answer may hold. Bytes may be half a
  // character, and several tokens may have the same. Throws invalid_argument for more than text::max_tokens tokens,
  // or one of more than text::max_token_bytes bytes.
  explicit TokenTable(std::vector<std::string> tokens);
  // Those of a tokenizer, control tokens left out. Scores may have more places than the tokenizer has tokens: size
  // (when larger) is the number of bits that a mask shall have.
  static std::shared_ptr<const TokenTable> of(const text::Tokenizer& tokenizer, std::int64_t size = 0);

  std::int64_t size() const { return static_cast<std::int64_t>(tokens_.size()); }
  std::size_t mask_words() const { return (tokens_.size() + 63) / 64; }
  std::string_view bytes(std::int32_t token) const { return tokens_[static_cast<std::size_t>(token)]; }

  Node end(Node node) const { return end_[node]; }  // the first node behind those below it
  std::uint8_t byte(Node node) const { return byte_[node]; }
  std::span<const std::int32_t> tokens(Node node) const {  // that end there
    return std::span(sorted_).subspan(first_token_[node], first_token_[node + 1] - first_token_[node]);
  }

  // What the tokens do in a state of a standard lexeme; computed when it is first asked for. Thread-safe.
  const StateMask& standard_mask(const Dfa& dfa, Dfa::State state) const;

 private:
  void add_nodes(std::size_t shared, std::string_view bytes, std::vector<Node>& path);

  std::vector<std::string> tokens_;
  std::vector<std::int32_t> sorted_;  // ids, by their bytes
  std::vector<Node> end_;
  std::vector<std::uint8_t> byte_;
  std::vector<std::uint32_t> first_token_;  // in sorted_; one more than there are nodes

  mutable std::mutex lock_;
  mutable std::unordered_map<const Dfa*, std::unordered_map<Dfa::State, std::unique_ptr<const StateMask>>> standard_;
};

}  // namespace pmtune::grammar
