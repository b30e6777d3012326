#include "text/pre_tokenizer.hpp"

#include "base/fail.hpp"
#include "text/limits.hpp"
#include "text/unicode_additions.hpp"

namespace pmtune::text {
namespace {

// GPT-2's pattern, which the ByteLevel step uses (Radford et al. 2019, encoder.py).
constexpr std::string_view gpt2_pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

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
  description_ += concat("split ", pattern.size(), ':', pattern, ' ', to_string(step.behavior), step.inverted ? " inverted" : "",
                         step.adds_prefix_space ? " prefix_space" : "", step.cuts ? "" : " uncut", '\n');
  steps_.push_back(std::move(step));
}

void PreTokenizer::add_pattern(std::string_view pattern, std::string_view where) { add_step({.regex = Regex(pattern, where)}); }

void PreTokenizer::add_digits(bool individual, std::string_view where) {
  const std::string pattern = concat("[\\p{N}", newest_digits, individual ? "]" : "]+");
  add_step({.regex = Regex(pattern, where)});
}

void PreTokenizer::add_byte_level(bool adds_prefix_space, bool uses_regex, std::string_view where) {
  byte_level_ = true;
  if (!adds_prefix_space && !uses_regex) return;
  add_step({.regex = Regex(gpt2_pattern, where), .adds_prefix_space = adds_prefix_space, .cuts = uses_regex});
}

// --- by name -------------------------------------------------------------------------------------------------------

namespace {

constexpr std::string_view llama3_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view qwen2_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view gpt4o_pattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
    R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view tekken_pattern =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
    R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view bloom_pattern = R"( ?[^(\s|.,!?…。，、।۔،)]+)";

enum class Family { gpt2, digits_gpt2, llama3, qwen2, gpt4o, tekken, bloom };

struct NamedFamily {
  std::string_view name;
  Family family;
  bool ignores_merges = false;
};

// The names that converters write into GGUF files, where the family is certain.
constexpr NamedFamily named_families[] = {
    {"gpt-2", Family::gpt2},
    {"default", Family::gpt2},
    {"phi-2", Family::gpt2},
    {"jina-es", Family::gpt2},
    {"jina-de", Family::gpt2},
    {"jina-v2-es", Family::gpt2},
    {"jina-v2-de", Family::gpt2},
    {"mpt", Family::gpt2},
    {"olmo", Family::gpt2},
    {"smollm", Family::digits_gpt2},
    {"starcoder", Family::digits_gpt2},
    {"refact", Family::digits_gpt2},
    {"command-r", Family::digits_gpt2},
    {"codeshell", Family::digits_gpt2},
    {"llama-bpe", Family::llama3, true},
    {"llama3", Family::llama3, true},
    {"llama-v3", Family::llama3, true},
    {"dbrx", Family::llama3},
    {"smaug-bpe", Family::llama3},
    {"qwen2", Family::qwen2},
    {"deepseek-r1-qwen", Family::qwen2},
    {"stablelm2", Family::qwen2},
    {"gpt-4o", Family::gpt4o},
    {"tekken", Family::tekken, true},
    {"bloom", Family::bloom},
};

}  // namespace

PreTokenizer PreTokenizer::named(std::string_view name, std::string_view where) {
  const NamedFamily* found = nullptr;
  for (const NamedFamily& candidate : named_families)
    if (candidate.name == name) found = &candidate;
  if (found == nullptr)
    fail(Code::unsupported, where, " names the pre-tokenizer \"", name,
         "\", which this build does not know; use the model's Hugging Face folder (tokenizer.json) instead.");
  PreTokenizer made;
  made.ignores_merges_ = found->ignores_merges;
  made.adds_bos_ = found->family == Family::llama3 && found->ignores_merges;
  if (found->family == Family::qwen2 && name != "stablelm2") made.normalizer_ = Normalizer::nfc;
  switch (found->family) {
    case Family::digits_gpt2: made.add_digits(true, where); [[fallthrough]];
    case Family::gpt2: made.add_byte_level(false, true, where); break;
    case Family::llama3: made.add_pattern(llama3_pattern, where); break;
    case Family::qwen2: made.add_pattern(qwen2_pattern, where); break;
    case Family::gpt4o: made.add_pattern(gpt4o_pattern, where); break;
    case Family::tekken: made.add_pattern(tekken_pattern, where); break;
    case Family::bloom: made.add_pattern(bloom_pattern, where); break;
  }
  return made;
}

// --- from tokenizer.json -------------------------------------------------------------------------------------------

namespace {

std::string string_member(const Json& value, const char* key, std::string_view where) {
  const auto member = value.find(key);
  if (member == value.end() || !member->is_string())
    fail(Code::corrupt, "A pre_tokenizer step of ", where, " has no text \"", key, "\"; fetch the model again.");
  return member->get<std::string>();
}

bool bool_member(const Json& value, const char* key, bool otherwise, std::string_view where) {
  const auto member = value.find(key);
  if (member == value.end()) return otherwise;
  if (!member->is_boolean())
    fail(Code::corrupt, "\"", key, "\" of a pre_tokenizer step of ", where, " is not true or false; fetch the model again.");
  return member->get<bool>();
}

SplitBehavior behavior_of(const std::string& name, std::string_view where) {
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  fail(Code::unsupported, "A pre_tokenizer step of ", where, " has the behavior \"", name,
       "\", which this build does not know; choose another model.");
}

std::string escaped(std::string_view literal) {
  std::string pattern;
  for (const char c : literal) {
    if (static_cast<unsigned char>(c) < 0x80 && !std::isalnum(static_cast<unsigned char>(c))) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace

PreTokenizer PreTokenizer::from_json(const Json& value, std::string_view where) {
  PreTokenizer made;
  made.add_json_step(value, where, 0);
  if (!made.byte_level_)
    fail(Code::unsupported, where, " is not a byte-level tokenizer, the one kind this build can use; choose another model.");
  return made;
}

void PreTokenizer::add_json_step(const Json& value, std::string_view where, int depth) {
  if (value.is_null() && depth == 0)
    fail(Code::unsupported, where, " has no pre_tokenizer; only byte-level tokenizers can be used yet, choose another model.");
  if (!value.is_object()) fail(Code::corrupt, "A pre_tokenizer step of ", where, " is not an object; fetch the model again.");
  const std::string type = string_member(value, "type", where);
  if (type == "Sequence" && depth < 4) {
    const auto steps = value.find("pretokenizers");
    if (steps == value.end() || !steps->is_array())
      fail(Code::corrupt, "The pre_tokenizer Sequence of ", where, " has no list \"pretokenizers\"; fetch the model again.");
    for (const Json& step : *steps) add_json_step(step, where, depth + 1);
  } else if (type == "Split") {
    add_json_split(value, where);
  } else if (type == "Digits") {
    add_digits(bool_member(value, "individual_digits", false, where), where);
  } else if (type == "Punctuation") {
    const auto behavior = value.find("behavior");
    add_step({.regex = Regex(R"([\p{P}!-\/:-@\[-`{-~])", where),
              .behavior = behavior == value.end() ? SplitBehavior::isolated
                                                  : behavior_of(string_member(value, "behavior", where), where)});
  } else if (type == "ByteLevel") {
    add_byte_level(bool_member(value, "add_prefix_space", true, where), bool_member(value, "use_regex", true, where), where);
  } else {
    fail(Code::unsupported, "The pre_tokenizer of ", where, " has a step \"", type,
         "\", which this build does not know; choose another model.");
  }
}

void PreTokenizer::add_json_split(const Json& value, std::string_view where) {
  const auto pattern = value.find("pattern");
  if (pattern == value.end() || !pattern->is_object() || pattern->size() != 1)
    fail(Code::corrupt, "A Split step of ", where, " has no pattern; fetch the model again.");
  const bool is_regex = pattern->contains("Regex");
  const std::string text = string_member(*pattern, is_regex ? "Regex" : "String", where);
  add_step({.regex = Regex(is_regex ? text : escaped(text), where),
            .behavior = behavior_of(string_member(value, "behavior", where), where),
            .inverted = bool_member(value, "invert", false, where)});
}

}  // namespace pmtune::text
