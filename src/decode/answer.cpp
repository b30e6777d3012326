#include "decode/answer.hpp"

#include <algorithm>
#include <charconv>

#include "base/options.hpp"
#include "base/utf8.hpp"

namespace pmtune::decode {
namespace {

// Those of the model and those that were asked for, by name or number.
std::vector<std::int32_t> stop_tokens_of(const text::Tokenizer& tokenizer, const GenerateOptions& options) {
  std::vector<std::int32_t> stops = tokenizer.stop_tokens();
  for (const std::string& name : options.stop_tokens) {
    std::int32_t id = tokenizer.find(name);
    if (id < 0) {
      const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
      if (error != std::errc() || end != name.data() + name.size() || id < 0 || id >= tokenizer.size())
        fail(Code::invalid_argument, "Option stop_tokens names \"", name,
             "\", which is no token of this model; give a token's name, such as <|im_end|>, or its number.");
    }
    stops.push_back(id);
  }
  return stops;
}

void check_prompt(std::size_t tokens, std::int64_t context) {
  if (tokens == 0) fail(Code::invalid_argument, "The prompt is empty; give the model something to answer.");
  if (static_cast<std::int64_t>(tokens) >= context)
    fail(Code::invalid_argument, "The prompt has ", tokens, " tokens, but this model can hold only ", context,
         " with its answer; shorten the prompt or leave out older turns.");
}

}  // namespace

AnswerText::AnswerText(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase_if(stops_, [](const std::string& stop) { return stop.empty(); });
}

std::string AnswerText::add(std::string_view bytes, bool search) {
  text_ += bytes;
  for (const std::string& stop : stops_) {
    if (!search) break;
    const std::size_t from = shown_ > stop.size() ? shown_ - stop.size() : 0;
    if (const std::size_t found = text_.find(stop, from);
        found != std::string::npos && (!stopped_ || found < text_.size())) {
      text_.resize(found);
      stopped_ = true;
    }
  }
  const std::size_t safe = stopped_ || !search ? text_.size() : text_.size() - held_back();
  return show(whole_characters(std::string_view(text_).substr(0, safe)));
}

std::string AnswerText::finish() {
  text_ = replace_invalid_utf8(text_);
  return show(text_.size());
}

// The longest end of the text that begins a stop text.
std::size_t AnswerText::held_back() const {
  std::size_t most = 0;
  for (const std::string& stop : stops_)
    for (std::size_t size = std::min(stop.size(), text_.size()); size > most; --size)
      if (text_.compare(text_.size() - size, size, stop, 0, size) == 0) {
        most = size;
        break;
      }
  return most;
}

std::string AnswerText::show(std::size_t until) {
  if (until <= shown_) return {};
  std::string part = replace_invalid_utf8(std::string_view(text_).substr(shown_, until - shown_));
  shown_ = until;
  return part;
}

Answer::Answer(const Model::Impl& model, std::vector<std::int32_t> prompt, text::Preceding preceding,
               const GenerateOptions& options, std::int64_t context)
    : tokenizer_(model.tokenizer()),
      options_((validate_options(options), options)),
      seen_(std::move(prompt)),
      stop_tokens_(stop_tokens_of(tokenizer_, options)),
      detokenizer_(tokenizer_, preceding),
      text_(options.stop),
      sampler_(options, tokenizer_.size()) {
  check_prompt(seen_.size(), context);
  for (const std::int32_t id : seen_)
    if (id < 0 || id >= model.weights().architecture.vocabulary)
      fail(Code::invalid_argument, "The prompt holds the token ", id, ", but this model knows 0 to ",
           model.weights().architecture.vocabulary - 1, "; encode the text with this model.");
  result_.prompt_tokens = static_cast<std::int64_t>(seen_.size());
  if (!options.json_schema.empty() || options.response == "json")
    constraint_.emplace(
        options.json_schema.empty() ? grammar::Grammar::json() : grammar::Grammar::from_schema(options.json_schema),
        model.base->token_table());
  most_ = std::min(options.max_tokens, context - result_.prompt_tokens);
  seen_.reserve(static_cast<std::size_t>(longest()));
  result_.finish = FinishReason::length;
}

bool Answer::is_stop_token(std::int32_t id) const {
  return std::find(stop_tokens_.begin(), stop_tokens_.end(), id) != stop_tokens_.end();
}

std::string Answer::take(std::span<float> scores) {
  // Many models have more rows than tokens, to fill a block; what stands for no token is never chosen.
  const auto choices = scores.first(static_cast<std::size_t>(tokenizer_.size()));
  const auto written = static_cast<std::int64_t>(result_.ids.size());
  const bool may_end = written >= options_.min_tokens;
  ScoredToken scored;
  last_ = sampler_.choose(choices, seen_, static_cast<std::size_t>(result_.prompt_tokens), limits(may_end), &scored);
  if (is_stop_token(last_)) {
    last_ = -1;
    end(FinishReason::stop);
    return {};
  }
  if (constraint_) constraint_->accept(last_);
  result_.ids.push_back(last_);
  seen_.push_back(last_);
  if (options_.logprobs >= 0) result_.scores.push_back(std::move(scored));
  std::string part = text_.add(detokenizer_.add(last_), may_end);
  if (text_.stopped() || (constraint_ && constraint_->must_end()))
    end(FinishReason::stop);
  else if (written + 1 == most_)
    end(FinishReason::length);
  return part;
}

Limits Answer::limits(bool may_end) {
  Limits limits;
  if (!constraint_) {
    if (!may_end) limits.forbidden = stop_tokens_;
    return limits;
  }
  // A complete value ends the answer, whatever min_tokens says: nothing else may come.
  const bool stops = constraint_->may_end() && (may_end || constraint_->must_end());
  const auto allowed = constraint_->allowed();
  allowed_.assign(allowed.begin(), allowed.end());
  for (const std::int32_t id : stop_tokens_) {
    const std::uint64_t bit = std::uint64_t{1} << (id % 64);
    std::uint64_t& word = allowed_[static_cast<std::size_t>(id / 64)];
    word = stops ? word | bit : word & ~bit;
  }
  limits.allowed = allowed_;
  return limits;
}

const ScoredToken* Answer::score() const { return result_.scores.empty() ? nullptr : &result_.scores.back(); }

void Answer::cancel() {
  if (!ended_) end(FinishReason::cancelled);
}

void Answer::end(FinishReason reason) {
  ended_ = true;
  result_.finish = reason;
  rest_ = text_.finish();
  result_.text = text_.text();
}

}  // namespace pmtune::decode
