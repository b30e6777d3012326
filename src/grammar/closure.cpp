// Going on without a byte: from rules and frames to the lexemes that may come next.
#include <unordered_set>

#include "grammar/limits.hpp"
#include "grammar/stacks.hpp"

namespace pmtune::grammar {

// The rule can be finished without the stack growing too high. What is entered stays within its own height, so a
// reading that has begun can always be completed.
bool Stacks::fits(RuleId rule, Frames beneath) const {
  const std::uint32_t height = rules_.at(rule).height;
  return height != unlimited && depth_[beneath] + height <= max_stack;
}

// pending: rules to be begun or gone on with, as frames that are not on the stack. Layer by layer, so that a rule
// that is reached over many others is entered once, with all of them beneath it.
Stacks::Config Stacks::enter(std::vector<Frame> pending) {
  std::unordered_set<Frame, Hash> seen;
  Readings found;
  while (!pending.empty()) {
    unite(pending);
    std::vector<Frame> next;
    for (const Frame& frame : pending)
      if (seen.insert(frame).second) expand(frame, next, found);
    pending = std::move(next);
  }
  return config_of(std::move(found));
}

void Stacks::expand(const Frame& frame, std::vector<Frame>& pending, Readings& found) {
  const Rule& rule = rules_.at(frame.rule);
  switch (rule.kind) {
    case Rule::Kind::lexeme: {
      const Dfa& dfa = rules_.dfa(rule);
      if (dfa.goes_on(Dfa::start)) found.items.push_back({frame.rule, Dfa::start, 0, frame.beneath});
      if (dfa.accepts(Dfa::start)) add_all(found, *configs_[follow(frame.beneath)]);
      return;
    }
    case Rule::Kind::choice:
      for (const RuleId part : rule.parts)
        if (fits(part, frame.beneath)) pending.push_back({part, 0, frame.beneath});
      return;
    case Rule::Kind::sequence: {
      const bool is_last = frame.position + 1 == rule.parts.size();
      const Frames beneath = is_last ? frame.beneath : push({frame.rule, frame.position + 1, frame.beneath});
      pending.push_back({rule.parts[frame.position], 0, beneath});
      return;
    }
    case Rule::Kind::list: {
      const std::uint32_t of_interest = rule.most == unlimited ? rule.least : rule.most;
      if (frame.position < rule.most) {
        const Frames beneath = push({frame.rule, std::min(frame.position + 1, of_interest), frame.beneath});
        if (fits(rule.parts[0], beneath)) pending.push_back({rule.parts[0], 0, beneath});
      }
      if (frame.position >= rule.least) pending.push_back({rule.parts[1], 0, frame.beneath});
      return;
    }
  }
}

}  // namespace pmtune::grammar
