// A grammar as the automaton uses it: lexemes, and rules that put them in sequence.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grammar/lexemes.hpp"

namespace pmtune::grammar {

using RuleId = std::uint32_t;
inline constexpr std::uint32_t unlimited = UINT32_MAX;

struct Rule {
  enum class Kind : std::uint8_t {
    lexeme,    // one lexeme; where its characters are counted, least to most of them
    sequence,  // all parts, one after the other
    choice,    // one of the parts
    list,      // parts[0], least to most times, then parts[1]
  };
  Kind kind = Kind::choice;
  std::uint32_t lexeme = 0;
  std::uint32_t least = 0;
  std::uint32_t most = unlimited;
  std::vector<RuleId> parts;
  std::uint32_t height =
      unlimited;  // frames on the stack that suffice to finish it; unlimited: it cannot be finished
};

class Rules {
 public:
  RuleId lexeme(const Lexeme& lexeme);  // one rule for each lexeme
  RuleId counted(const Lexeme& lexeme, std::uint32_t least, std::uint32_t most);
  RuleId sequence(std::vector<RuleId> parts);
  RuleId choice(std::vector<RuleId> parts);
  RuleId list(RuleId item, RuleId end, std::uint32_t least, std::uint32_t most);
  // A choice whose parts come later (rules may use themselves).
  RuleId declare() { return choice({}); }
  void define(RuleId choice, std::vector<RuleId> parts) { rules_[choice].parts = std::move(parts); }

  // Computes heights. root: what an answer is.
  void finish(RuleId root);
  // A choice that comes back to itself without a byte in between; false when there is none.
  bool find_idle_cycle(RuleId& member) const;

  const Rule& at(RuleId id) const { return rules_[id]; }
  const Dfa& dfa(const Rule& rule) const { return *lexemes_[rule.lexeme]; }
  RuleId root() const { return root_; }
  std::size_t size() const { return rules_.size(); }

 private:
  RuleId add(Rule rule);
  std::uint32_t height_by_parts(const Rule& rule) const;

  std::vector<Rule> rules_;
  std::vector<Lexeme> lexemes_;
  std::vector<RuleId> rule_of_lexeme_;
  RuleId root_ = 0;
};

}  // namespace pmtune::grammar
