#include "text/pre_tokenizer.hpp"

#include "base/fail.hpp"
#include "text/limits.hpp"
#include "text/unicode_additions.hpp"

namespace pmtune::text {
namespace {

struct Span {
  ByteRange bytes;
  bool matched = false;
};

// Matches and the gaps between them, covering the piece.
void cover(std::size_t size, const std::vector<ByteRange>& matches, bool inverted, std::vector<Span>& spans) {
  spans.clear();
  std::size_t at = 0;
  for (const ByteRange& match : matches) {
    if (match.begin > at) spans.push_back({{at, match.begin}, inverted});
    spans.push_back({match, !inverted});
    at = match.end;
  }
  if (at < size) spans.push_back({{at, size}, inverted});
}

void merge_with_previous(std::vector<Span>& spans) {
  std::vector<Span> merged;
  bool previous_matched = false;
  for (const Span& span : spans) {
    if (span.matched && !previous_matched && !merged.empty()) {
      merged.back().bytes.end = span.bytes.end;
    } else {
      merged.push_back(span);
    }
    previous_matched = span.matched;
  }
  spans = std::move(merged);
}

void merge_with_next(std::vector<Span>& spans) {
  std::vector<Span> merged;  // from right to left
  bool previous_matched = false;
  for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
    if (span->matched && !previous_matched && !merged.empty()) {
      merged.back().bytes.begin = span->bytes.begin;
    } else {
      merged.push_back(*span);
    }
    previous_matched = span->matched;
  }
  spans.assign(merged.rbegin(), merged.rend());
}

void merge_equals(std::vector<Span>& spans) {
  std::vector<Span> merged;
  for (const Span& span : spans) {
    if (!merged.empty() && merged.back().matched == span.matched) {
      merged.back().bytes.end = span.bytes.end;
    } else {
      merged.push_back(span);
    }
  }
  spans = std::move(merged);
}

void apply(SplitBehavior behavior, std::vector<Span>& spans) {
  switch (behavior) {
    case SplitBehavior::isolated: return;
    case SplitBehavior::removed: std::erase_if(spans, [](const Span& span) { return span.matched; }); return;
    case SplitBehavior::merged_with_previous: return merge_with_previous(spans);
    case SplitBehavior::merged_with_next: return merge_with_next(spans);
    case SplitBehavior::contiguous: return merge_equals(spans);
  }
}

const char* to_string(SplitBehavior behavior) {
  switch (behavior) {
    case SplitBehavior::removed: return "removed";
    case SplitBehavior::isolated: return "isolated";
    case SplitBehavior::merged_with_previous: return "merged_with_previous";
    case SplitBehavior::merged_with_next: return "merged_with_next";
    case SplitBehavior::contiguous: return "contiguous";
  }
  return "";
}

}  // namespace

// The piece with the spaces that the step wants.
std::string_view PreTokenizer::respaced(const Step& step, std::string_view piece, bool is_first, Preceding preceding,
                                        std::deque<std::string>& storage) {
  if (step.space != " " && piece.find(' ') != std::string_view::npos) {
    std::string& other = storage.emplace_back();
    for (const char c : piece) c == ' ' ? other += step.space : other += c;
    piece = other;
  }
  const bool is_start = is_first && preceding == Preceding::nothing;
  const bool goes_on = is_first && preceding == Preceding::text;
  const bool wants_space = (step.prefix == Prefix::always && !goes_on) || (step.prefix == Prefix::first && is_start);
  return wants_space && !piece.starts_with(step.space) ? storage.emplace_back(concat(step.space, piece)) : piece;
}

void PreTokenizer::split(std::string_view text, Preceding preceding, std::vector<std::string_view>& pieces,
                         std::deque<std::string>& storage) const {
  pieces.clear();
  if (text.empty()) return;
  pieces.push_back(text);
  std::vector<std::string_view> next;
  std::vector<ByteRange> matches;
  std::vector<Span> spans;
  for (const Step& step : steps_) {
    next.clear();
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const std::string_view piece = respaced(step, pieces[i], i == 0, preceding, storage);
      if (!step.regex) {
        next.push_back(piece);
        continue;
      }
      matches.clear();
      step.regex->find_all(piece, matches);
      cover(piece.size(), matches, step.inverted, spans);
      apply(step.behavior, spans);
      for (const Span& span : spans)
        if (span.bytes.size() > 0) next.push_back(piece.substr(span.bytes.begin, span.bytes.size()));
    }
    pieces.swap(next);
  }
}

void PreTokenizer::add_step(Step step) {
  if (steps_.size() >= max_pre_tokenizer_steps)
    fail(Code::corrupt, "A pre-tokenizer has more than ", max_pre_tokenizer_steps, " steps; fetch the model again.");
  const std::string pattern = step.regex ? step.regex->pattern() : "";
  description_ += concat("split ", pattern.size(), ':', pattern, ' ', to_string(step.behavior),
                         step.inverted ? " inverted" : "", " prefix ", static_cast<int>(step.prefix), ' ',
                         step.space.size(), ':', step.space, step.regex ? "" : " uncut", '\n');
  steps_.push_back(std::move(step));
}

void PreTokenizer::add_pattern(std::string_view pattern, std::string_view where) {
  add_step({.regex = Regex(pattern, where)});
}

void PreTokenizer::add_digits(bool individual, std::string_view where) {
  const std::string pattern = concat("[\\p{N}", newest_digits, individual ? "]" : "]+");
  add_step({.regex = Regex(pattern, where)});
}

void PreTokenizer::add_byte_level(bool adds_prefix_space, bool uses_regex, std::string_view where) {
  byte_level_ = true;
  if (!adds_prefix_space && !uses_regex) return;
  Step step{.prefix = adds_prefix_space ? Prefix::always : Prefix::never};
  if (uses_regex) step.regex = Regex(gpt2_pattern, where);
  add_step(std::move(step));
}

}  // namespace pmtune::text
