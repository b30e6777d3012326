#include "text/pre_tokenizer.hpp"

#include "base/fail.hpp"
#include "text/limits.hpp"
#include "text/unicode_additions.hpp"

namespace pmtune::text {
namespace {

// GPT-2's pattern, which the ByteLevel step uses (Radford et al. 2019, encoder.py).
constexpr std::string_view gpt2_pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

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

void PreTokenizer::split(std::string_view text, std::vector<std::string_view>& pieces,
                         std::deque<std::string>& storage) const {
  pieces.clear();
  if (text.empty()) return;
  pieces.push_back(text);
  std::vector<std::string_view> next;
  std::vector<ByteRange> matches;
  std::vector<Span> spans;
  for (const Step& step : steps_) {
    next.clear();
    for (std::string_view piece : pieces) {
      if (step.adds_prefix_space && piece.front() != ' ') piece = storage.emplace_back(concat(' ', piece));
      if (!step.cuts) {
        next.push_back(piece);
        continue;
      }
      matches.clear();
      step.regex.find_all(piece, matches);
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
  const std::string& pattern = step.regex.pattern();
  description_ +=
      concat("split ", pattern.size(), ':', pattern, ' ', to_string(step.behavior), step.inverted ? " inverted" : "",
             step.adds_prefix_space ? " prefix_space" : "", step.cuts ? "" : " uncut", '\n');
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
  add_step({.regex = Regex(gpt2_pattern, where), .adds_prefix_space = adds_prefix_space, .cuts = uses_regex});
}

}  // namespace pmtune::text
