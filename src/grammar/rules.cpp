#include "grammar/rules.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "grammar/limits.hpp"
#include "grammar/refusal.hpp"

namespace pmtune::grammar {

RuleId Rules::add(Rule rule) {
  if (rules_.size() >= max_rules)
    throw Refusal{Code::unsupported, "makes the schema too large; divide the question into smaller ones"};
  rules_.push_back(std::move(rule));
  return static_cast<RuleId>(rules_.size() - 1);
}

RuleId Rules::lexeme(const Lexeme& lexeme) {
  const auto known = std::find(lexemes_.begin(), lexemes_.end(), lexeme);
  if (known != lexemes_.end()) return rule_of_lexeme_[static_cast<std::size_t>(known - lexemes_.begin())];
  Rule rule;
  rule.kind = Rule::Kind::lexeme;
  rule.lexeme = static_cast<std::uint32_t>(lexemes_.size());
  const RuleId id = add(std::move(rule));
  lexemes_.push_back(lexeme);
  rule_of_lexeme_.push_back(id);
  return id;
}

RuleId Rules::counted(const Lexeme& lexeme, std::uint32_t least, std::uint32_t most) {
  const RuleId any = this->lexeme(lexeme);
  if (least == 0 && most == unlimited) return any;
  Rule rule = rules_[any];
  rule.least = least;
  rule.most = most;
  return add(std::move(rule));
}

RuleId Rules::sequence(std::vector<RuleId> parts) {
  Rule rule;
  rule.kind = Rule::Kind::sequence;
  rule.parts = std::move(parts);
  return add(std::move(rule));
}

RuleId Rules::choice(std::vector<RuleId> parts) {
  Rule rule;
  rule.parts = std::move(parts);
  return add(std::move(rule));
}

RuleId Rules::list(RuleId item, RuleId end, std::uint32_t least, std::uint32_t most) {
  Rule rule;
  rule.kind = Rule::Kind::list;
  rule.least = least;
  rule.most = most;
  rule.parts = {item, end};
  return add(std::move(rule));
}

// From the heights of its parts, as far as they are known. A frame lies on the stack during all parts but the last.
std::uint32_t Rules::height_by_parts(const Rule& rule) const {
  const auto height = [&](RuleId part) { return rules_[part].height; };
  const auto on_a_frame = [&](RuleId part) { return height(part) == unlimited ? unlimited : height(part) + 1; };
  std::uint32_t result = rule.kind == Rule::Kind::choice ? unlimited : 0;
  switch (rule.kind) {
    case Rule::Kind::lexeme: return lexemes_[rule.lexeme]->size() == 0 ? unlimited : 0;
    case Rule::Kind::choice:
      for (const RuleId part : rule.parts) result = std::min(result, height(part));
      return result;
    case Rule::Kind::sequence:
      for (const RuleId part : rule.parts)
        result = std::max(result, &part == &rule.parts.back() ? height(part) : on_a_frame(part));
      return result;
    case Rule::Kind::list:
      return rule.least == 0 ? height(rule.parts[1]) : std::max(on_a_frame(rule.parts[0]), height(rule.parts[1]));
  }
  return unlimited;
}

// Knuth's generalisation of Dijkstra's algorithm: the smallest height that is not yet known is always right.
void Rules::finish(RuleId root) {
  root_ = root;
  std::vector<std::vector<RuleId>> users(rules_.size());
  using Entry = std::pair<std::uint32_t, RuleId>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  for (RuleId id = 0; id < rules_.size(); ++id) {
    for (const RuleId part : rules_[id].parts)
      if (users[part].empty() || users[part].back() != id) users[part].push_back(id);
    if (rules_[id].kind == Rule::Kind::lexeme) open.emplace(height_by_parts(rules_[id]), id);
  }
  while (!open.empty() && open.top().first != unlimited) {
    const auto [height, id] = open.top();
    open.pop();
    if (rules_[id].height != unlimited) continue;
    rules_[id].height = height;
    for (const RuleId user : users[id]) {
      if (rules_[user].height != unlimited) continue;
      // The first part of a choice that is known is its lowest.
      const bool is_choice = rules_[user].kind == Rule::Kind::choice;
      const std::uint32_t known = is_choice ? height : height_by_parts(rules_[user]);
      if (known != unlimited) open.emplace(known, user);
    }
  }
  for (Rule& rule : rules_)  // a list whose items cannot be is an empty one
    if (rule.kind == Rule::Kind::list && rules_[rule.parts[0]].height == unlimited) rule.most = 0;
}

bool Rules::find_idle_cycle(RuleId& member) const {
  enum : std::uint8_t { unseen, open, done };
  std::vector<std::uint8_t> state(rules_.size(), unseen);
  std::vector<std::pair<RuleId, std::size_t>> path;  // a choice, and which of its parts is next
  for (RuleId first = 0; first < rules_.size(); ++first) {
    if (state[first] == unseen) path.emplace_back(first, 0);
    while (!path.empty()) {
      auto& [id, next] = path.back();
      state[id] = open;
      if (rules_[id].kind != Rule::Kind::choice || next == rules_[id].parts.size()) {
        state[id] = done;
        path.pop_back();
        continue;
      }
      const RuleId part = rules_[id].parts[next++];
      if (state[part] == open) {
        member = part;
        return true;
      }
      if (state[part] == unseen) path.emplace_back(part, 0);
    }
  }
  return false;
}

}  // namespace pmtune::grammar
