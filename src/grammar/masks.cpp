#include "grammar/masks.hpp"

namespace pmtune::grammar {
namespace {

// What is remembered at most; more is forgotten and found out again.
constexpr std::size_t max_masks = 256;
constexpr std::size_t max_state_mask_bytes = std::size_t{1} << 25;
constexpr std::size_t max_numbered = std::size_t{1} << 18;

}  // namespace

Masks::Masks(std::shared_ptr<const Grammar> grammar, std::shared_ptr<const TokenTable> table)
    : grammar_(std::move(grammar)), table_(std::move(table)), stacks_(grammar_->rules()) {}

std::shared_ptr<const Masks::Mask> Masks::of(Stacks::Config config) {
  if (const auto known = known_.find(config); known != known_.end()) return known->second;
  auto mask = std::make_shared<Mask>(table_->mask_words(), 0);
  const std::vector<Stacks::Item> items = stacks_.readings(config).items;
  for (const Stacks::Item& item : items) add_item(item, *mask);
  if (known_.size() >= max_masks) known_.clear();
  known_.emplace(config, mask);
  return mask;
}

Stacks::Config Masks::after(Stacks::Config config, std::string_view bytes) {
  for (const char byte : bytes) {
    config = stacks_.step(config, static_cast<std::uint8_t>(byte));
    if (config == Stacks::dead) break;
  }
  return config;
}

const StateMask& Masks::state_mask(const Dfa& dfa, Dfa::State state) {
  if (dfa.standard()) return table_->standard_mask(dfa, state);
  if (const auto known = own_.find({&dfa, state}); known != own_.end()) return *known->second;
  auto made = std::make_unique<const StateMask>(*table_, dfa, state);
  if (own_bytes_ + made->memory() > max_state_mask_bytes) {
    own_.clear();
    own_bytes_ = 0;
  }
  own_bytes_ += made->memory();
  return *(own_[{&dfa, state}] = std::move(made));
}

void Masks::add_item(const Stacks::Item& item, Mask& mask) {
  const Rule& rule = grammar_->rules().at(item.rule);
  const StateMask& tokens = state_mask(grammar_->rules().dfa(rule), item.state);
  const std::uint32_t room = rule.most == unlimited ? unlimited : rule.most - item.characters;
  const std::uint32_t needed = rule.least > item.characters ? rule.least - item.characters : 0;
  tokens.add_inner(mask, room);
  if (tokens.exits().empty()) return;
  const Stacks::Config behind = stacks_.follow(item.behind);
  for (const StateMask::Exit& exit : tokens.exits()) {
    if (exit.characters < needed || exit.characters > room) continue;
    for (const std::int32_t token : table_->tokens(exit.node)) set_bit(mask, token);
    add_below(exit.node, behind, mask);
  }
}

// The tokens below a node of the tree, whose bytes so far have led to `config`.
void Masks::add_below(TokenTable::Node node, Stacks::Config config, Mask& mask) {
  struct Step {
    TokenTable::Node end;
    Stacks::Config config;
  };
  const TokenTable::Node last = table_->end(node);
  if (node + 1 == last) return;
  std::vector<Step> path = {{last, config}};
  for (++node; node < last;) {
    while (path.back().end <= node) path.pop_back();
    const Stacks::Config next = stacks_.step(path.back().config, table_->byte(node));
    if (next == Stacks::dead) {
      node = table_->end(node);
      continue;
    }
    for (const std::int32_t token : table_->tokens(node)) set_bit(mask, token);
    path.push_back({table_->end(node), next});
    ++node;
  }
}

std::shared_ptr<Masks> Masks::renewed(Stacks::Config& config) const {
  auto fresh = std::make_shared<Masks>(grammar_, table_);
  config = stacks_.copy_to(fresh->stacks_, config);
  return fresh;
}

bool Masks::is_full() const { return stacks_.size() > max_numbered; }

}  // namespace pmtune::grammar
