#include "grammar/state_mask.hpp"

#include <algorithm>
#include <utility>

#include "grammar/token_table.hpp"

namespace pmtune::grammar {

StateMask::StateMask(const TokenTable& table, const Dfa& dfa, Dfa::State state) {
  keep(walk(table, dfa, state), dfa.between() != Dfa::dead, table.mask_words());
  exits_.shrink_to_fit();
}

void StateMask::keep(std::vector<Inner> inner, bool counted, std::size_t words) {
  if (inner.size() > words / 2) {
    bits_.assign(words, 0);
    for (const Inner& each : inner) set_bit(bits_, each.token);
    if (!counted) return;
  }
  // Sorted by counting: there are few different numbers of characters, and many tokens.
  std::uint32_t most = 0;
  for (const Inner& each : inner) most = std::max(most, each.characters);
  first_.assign(std::size_t{most} + 1, 0);
  for (const Inner& each : inner) ++first_[each.characters];
  std::uint32_t before = 0;
  for (std::size_t i = first_.size(); i-- > 0;) before += std::exchange(first_[i], before);
  inner_.resize(inner.size());
  std::vector<std::uint32_t> place = first_;
  for (const Inner& each : inner) inner_[place[each.characters]++] = each.token;
}

std::vector<StateMask::Inner> StateMask::walk(const TokenTable& table, const Dfa& dfa, Dfa::State state) {
  struct Step {
    TokenTable::Node end;
    Dfa::State state;
    std::uint32_t characters;
  };
  const TokenTable::Node last = table.end(TokenTable::root);
  std::vector<Inner> inner;
  std::vector<Step> path = {{last, state, 0}};
  for (TokenTable::Node node = 1; node < last;) {
    while (path.back().end <= node) path.pop_back();
    const Step& from = path.back();
    const Dfa::State to = dfa.next(from.state, table.byte(node));
    if (to == Dfa::dead) {
      node = table.end(node);
      continue;
    }
    const bool begins = from.state == dfa.between() && !dfa.accepts(to);
    const std::uint32_t characters = from.characters + (begins ? 1 : 0);
    if (dfa.goes_on(to))
      for (const std::int32_t token : table.tokens(node)) inner.push_back({characters, token});
    // A token that ends with the lexeme is found at the exit, unless the lexeme may go on: then it is inner already.
    if (dfa.accepts(to) && (!dfa.goes_on(to) || table.end(node) > node + 1)) exits_.push_back({node, characters});
    path.push_back({table.end(node), to, characters});
    ++node;
  }
  return inner;
}

void StateMask::add_inner(std::span<std::uint64_t> mask, std::uint32_t room) const {
  const bool all_fit = first_.size() <= std::size_t{room} + 1;
  if (all_fit && !bits_.empty()) {
    for (std::size_t i = 0; i < bits_.size(); ++i) mask[i] |= bits_[i];
    return;
  }
  for (std::size_t i = all_fit ? 0 : first_[room]; i < inner_.size(); ++i) set_bit(mask, inner_[i]);
}

std::size_t StateMask::memory() const {
  return sizeof(*this) + inner_.capacity() * sizeof(std::int32_t) + first_.capacity() * sizeof(std::uint32_t) +
         bits_.capacity() * sizeof(std::uint64_t) + exits_.capacity() * sizeof(Exit);
}

}  // namespace pmtune::grammar
