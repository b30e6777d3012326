#include "grammar/pattern.hpp"

#include <algorithm>
#include <span>

#include "grammar/json_text.hpp"
#include "grammar/pattern_parser.hpp"
#include "grammar/refusal.hpp"

namespace pmtune::grammar {
namespace {

using Kind = PatternNode::Kind;
using State = Nfa::State;

void build(Nfa& nfa, State from, const PatternNode& node, State to);

void build_sequence(Nfa& nfa, State from, std::span<const PatternNode> parts, State to) {
  for (const PatternNode& part : parts) {
    const State next = nfa.add();
    build(nfa, from, part, next);
    from = next;
  }
  nfa.empty(from, to);
}

void build_repeat(Nfa& nfa, State from, const PatternNode& node, State to) {
  const PatternNode& part = node.parts.front();
  for (std::uint32_t i = 0; i < node.least; ++i) {
    const State next = nfa.add();
    build(nfa, from, part, next);
    from = next;
  }
  if (node.most == PatternNode::unlimited) {
    const State loop = nfa.add();
    nfa.empty(from, loop);
    build(nfa, loop, part, loop);
    return nfa.empty(loop, to);
  }
  for (std::uint32_t i = node.least; i < node.most; ++i) {
    nfa.empty(from, to);
    const State next = nfa.add();
    build(nfa, from, part, next);
    from = next;
  }
  nfa.empty(from, to);
}

void build(Nfa& nfa, State from, const PatternNode& node, State to) {
  switch (node.kind) {
    case Kind::set:
      for (const auto& range : node.ranges) character(nfa, from, range.low, range.high, Escapes::needed, to);
      return;
    case Kind::sequence: return build_sequence(nfa, from, node.parts, to);
    case Kind::alternatives:
      for (const PatternNode& part : node.parts) build(nfa, from, part, to);
      return;
    case Kind::repeat: return build_repeat(nfa, from, node, to);
    case Kind::begin:
    case Kind::end:
      throw Refusal{Code::unsupported,
                    "has a pattern with ^ or $ in its middle, which is not supported; put them at the ends"};
  }
}

bool has_anchor(const PatternNode& node) {
  return node.kind == Kind::begin || node.kind == Kind::end || std::ranges::any_of(node.parts, has_anchor);
}

// Alternatives that may each begin with ^ and end with $; where they do not, anything may stand before or behind.
void build_found_anywhere(Nfa& nfa, State from, const PatternNode& alternatives, State to) {
  for (const PatternNode& sequence : alternatives.parts) {
    std::span<const PatternNode> parts = sequence.parts;
    if (parts.size() == 1 && parts[0].kind == Kind::alternatives && has_anchor(parts[0])) {
      build_found_anywhere(nfa, from, parts[0], to);
      continue;
    }
    const State begin = nfa.add();
    const State end = nfa.add();
    nfa.empty(from, begin);
    nfa.empty(end, to);
    if (!parts.empty() && parts.front().kind == Kind::begin)
      parts = parts.subspan(1);
    else
      any_character(nfa, begin, Escapes::needed, begin);
    if (!parts.empty() && parts.back().kind == Kind::end)
      parts = parts.first(parts.size() - 1);
    else
      any_character(nfa, end, Escapes::needed, end);
    build_sequence(nfa, begin, parts, end);
  }
}

}  // namespace

Dfa matching_texts(std::string_view pattern, Budget& budget) {
  const PatternNode root = parse_pattern(pattern);
  Nfa nfa;
  const State inside = nfa.add();
  const State behind = nfa.add();
  nfa.byte(Nfa::start, '"', inside);
  build_found_anywhere(nfa, inside, root, behind);
  nfa.byte(behind, '"', Nfa::final);
  return Dfa::of(nfa, budget);
}

std::optional<CountedTexts> counted_texts(std::string_view pattern, Budget& budget) {
  const PatternNode root = parse_pattern(pattern);
  if (root.parts.size() != 1) return std::nullopt;
  const std::vector<PatternNode>& parts = root.parts[0].parts;
  if (parts.size() != 3 || parts[0].kind != Kind::begin || parts[2].kind != Kind::end) return std::nullopt;
  const bool repeated = parts[1].kind == Kind::repeat;
  const PatternNode& set = repeated ? parts[1].parts[0] : parts[1];
  if (set.kind != Kind::set || set.ranges.empty()) return std::nullopt;

  Nfa nfa;
  const State inside = nfa.add();
  nfa.byte(Nfa::start, '"', inside);
  build(nfa, inside, set, inside);
  nfa.byte(inside, '"', Nfa::final);
  CountedTexts result{Dfa::of(nfa, budget), repeated ? parts[1].least : 1, repeated ? parts[1].most : 1};
  result.texts.count_characters_from(result.texts.next(Dfa::start, '"'));
  return result;
}

}  // namespace pmtune::grammar
