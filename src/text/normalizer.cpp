#include "text/normalizer.hpp"

#include "base/fail.hpp"
#include "text/limits.hpp"
#include "text/nfc.hpp"

namespace pmtune::text {
namespace {

// A text under change, and where its bytes come from when that is wanted.
struct Draft {
  std::string text;
  std::size_t longest;  // what it may grow to
  std::vector<std::size_t>* origins;

  // Puts a new text in place, of which byte i comes from byte from[i] of the old one.
  void become(std::string next, const std::vector<std::size_t>& from) {
    if (origins) {
      std::vector<std::size_t> moved(from.size());
      for (std::size_t i = 0; i < from.size(); ++i) moved[i] = origins->empty() ? from[i] : (*origins)[from[i]];
      *origins = std::move(moved);
    }
    text = std::move(next);
  }
};

void compose_draft(Draft& draft) {
  if (is_surely_composed(draft.text)) return;
  std::vector<std::size_t> from;
  std::string composed = compose(draft.text, draft.origins ? &from : nullptr);
  draft.become(std::move(composed), from);
}

void prepend(Draft& draft, const std::string& front) {
  if (draft.text.empty()) return;
  std::vector<std::size_t> from;
  if (draft.origins) {
    from.resize(front.size() + draft.text.size());
    for (std::size_t i = 0; i < draft.text.size(); ++i) from[front.size() + i] = i;
  }
  draft.become(front + draft.text, from);
}

std::vector<ByteRange> find_literal(std::string_view text, const std::string& literal) {
  std::vector<ByteRange> found;
  for (std::size_t at = text.find(literal); at != std::string_view::npos;
       at = text.find(literal, at + literal.size()))
    found.push_back({at, at + literal.size()});
  return found;
}

void replace(Draft& draft, const std::vector<ByteRange>& matches, const std::string& with) {
  if (matches.empty()) return;
  if (matches.size() * with.size() > draft.longest)
    fail(Code::corrupt, "The normalizer of this model makes more than ", draft.longest,
         " bytes of a short text; fetch the model again.");
  std::string next;
  next.reserve(draft.text.size() + matches.size() * with.size());
  std::vector<std::size_t> from;
  std::size_t at = 0;
  const auto keep = [&](std::size_t end) {
    next.append(draft.text, at, end - at);
    if (draft.origins)
      for (std::size_t i = at; i < end; ++i) from.push_back(i);
  };
  for (const ByteRange& match : matches) {
    keep(match.begin);
    next += with;
    // An empty match may stand behind the last byte.
    if (draft.origins) from.resize(next.size(), std::min(match.begin, draft.text.size() - 1));
    at = match.end;
  }
  keep(draft.text.size());
  draft.become(std::move(next), from);
}

}  // namespace

void Normalizer::add_replace(std::string literal, std::string with) {
  if (!literal.empty()) add({.kind = Kind::replace, .literal = std::move(literal), .with = std::move(with)});
}

void Normalizer::add_replace(Regex pattern, std::string with) {
  add({.kind = Kind::replace, .pattern = std::move(pattern), .with = std::move(with)});
}

void Normalizer::add(Step step) {
  if (steps_.size() >= max_normalizer_steps)
    fail(Code::corrupt, "A normalizer has more than ", max_normalizer_steps, " steps; fetch the model again.");
  if (step.with.size() > max_replacement_bytes)
    fail(Code::corrupt, "A normalizer puts in texts of ", step.with.size(), " bytes, more than ",
         max_replacement_bytes, "; fetch the model again.");
  const std::string& sought = step.pattern ? step.pattern->pattern() : step.literal;
  description_ += concat(static_cast<int>(step.kind), ' ', step.pattern.has_value(), ' ', sought.size(), ':', sought,
                         ' ', step.with.size(), ':', step.with, '\n');
  steps_.push_back(std::move(step));
}

std::string_view Normalizer::apply(std::string_view text, Preceding preceding, std::string& storage,
                                   std::vector<std::size_t>* origins) const {
  if (origins) origins->clear();
  if (steps_.empty() || text.empty()) return text;
  if (steps_.size() == 1 && steps_.front().kind == Kind::nfc && is_surely_composed(text)) return text;
  Draft draft{std::string(text), text.size() * max_normalizer_growth + max_replacement_bytes, origins};
  for (const Step& step : steps_) {
    if (step.kind == Kind::nfc) compose_draft(draft);
    if (step.kind == Kind::prepend && preceding != Preceding::text) prepend(draft, step.with);
    if (step.kind != Kind::replace) continue;
    std::vector<ByteRange> matches;
    if (step.pattern) step.pattern->find_all(draft.text, matches);
    if (!step.pattern) matches = find_literal(draft.text, step.literal);
    replace(draft, matches, step.with);
  }
  storage = std::move(draft.text);
  return storage;
}

}  // namespace pmtune::text
