// Which tokens each state of an answer allows, remembered.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "grammar/grammar.hpp"
#include "grammar/stacks.hpp"
#include "grammar/token_table.hpp"

namespace pmtune::grammar {

// Shared by a Constraint and its copies. Not thread-safe.
class Masks {
 public:
  using Mask = std::vector<std::uint64_t>;

  Masks(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const TokenTable> table);

  std::shared_ptr<const Mask> of(Stacks::Config config);

  // As step() byte by byte; Stacks::dead when a byte may not come.
  Stacks::Config after(Stacks::Config config, std::string_view bytes);

  // Fresh ones, without what was remembered of earlier states; `config` becomes what it is there.
  std::shared_ptr<Masks> renewed(Stacks::Config& config) const;
  bool is_full() const;

  Stacks& stacks() { return stacks_; }
  const TokenTable& table() const { return *table_; }

 private:
  const StateMask& state_mask(const Dfa& dfa, Dfa::State state);
  void add_item(const Stacks::Item& item, Mask& mask);
  void add_below(TokenTable::Node node, Stacks::Config config, Mask& mask);

  std::shared_ptr<const Grammar> grammar_;
  std::shared_ptr<const TokenTable> table_;
  Stacks stacks_;
  struct Key {
    const Dfa* dfa;
    Dfa::State state;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return std::hash<const void*>()(key.dfa) * 31 + static_cast<std::size_t>(key.state);
    }
  };
  std::unordered_map<Key, std::unique_ptr<const StateMask>, KeyHash> own_;  // of lexemes that only this grammar has
  std::size_t own_bytes_ = 0;
  std::unordered_map<Stacks::Config, std::shared_ptr<const Mask>> known_;
};

}  // namespace pmtune::grammar
