#include "grammar/state_mask.hpp"

#include <algorithm>
#include <utility>

#include "grammar/token_table.hpp"

namespace pmtune::grammar {

StateMask::StateMask(const TokenTable& table, const Dfa& dfa, Dfa::State state) {
  walk(table, dfa, state);
  if (inner_.size() > table.mask_words() / 2) {
    bits_.assign(table.mask_words(), 0);
    for (const Inner& inner : inner_) set_bit(bits_, inner.token);
  }
  if (dfa.between() != Dfa::dead)
    sort_by_characters();
  else if (!bits_.empty())
    inner_.clear();
  inner_.shrink_to_fit();
  exits_.shrink_to_fit();
}

// Most first, by counting: there are few different numbers and many tokens.
void StateMask::sort_by_characters() {
  std::vector<std::size_t> place;  // of the next token with so many characters
  for (const Inner& inner : inner_) {
    if (inner.characters >= place.size()) place.resize(inner.characters + 1, 0);
    ++place[inner.characters];
  }
  std::size_t before = 0;
  for (std::size_t i = place.size(); i-- > 0;) before += std::exchange(place[i], before);
  std::vector<Inner> sorted(inner_.size());
  for (const Inner& inner : inner_) sorted[place[inner.characters]++] = inner;
  inner_ = std::move(sorted);
}

void StateMask::walk(const TokenTable& table, const Dfa& dfa, Dfa::State state) {
  struct Step {
    TokenTable::Node end;
    Dfa::State state;
    std::uint32_t characters;
  };
  const TokenTable::Node last = table.end(TokenTable::root);
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
      for (const std::int32_t token : table.tokens(node)) inner_.push_back({characters, token});
    // A token that ends with the lexeme is found at the exit, unless the lexeme may go on: then it is inner already.
    if (dfa.accepts(to) && (!dfa.goes_on(to) || table.end(node) > node + 1)) exits_.push_back({node, characters});
    path.push_back({table.end(node), to, characters});
    ++node;
  }
}

void StateMask::add_inner(std::span<std::uint64_t> mask, std::uint32_t room) const {
  const bool all_fit = inner_.empty() || inner_.front().characters <= room;
  if (all_fit && !bits_.empty()) {
    for (std::size_t i = 0; i < bits_.size(); ++i) mask[i] |= bits_[i];
    return;
  }
  const auto fits = std::partition_point(inner_.begin(), inner_.end(),
                                         [room](const Inner& inner) { return inner.characters > room; });
  for (auto inner = fits; inner != inner_.end(); ++inner) set_bit(mask, inner->token);
}

std::size_t StateMask::memory() const {
  return sizeof(*this) + inner_.capacity() * sizeof(Inner) + bits_.capacity() * sizeof(std::uint64_t) +
         exits_.capacity() * sizeof(Exit);
}

}  // namespace pmtune::grammar
