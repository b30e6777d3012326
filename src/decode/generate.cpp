#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>

#include "base/options.hpp"
#include "base/utf8.hpp"
#include "model/guard.hpp"
#include "model/impl.hpp"
#include "decode/generate.hpp"
#include "decode/sampler.hpp"
#include "text/detokenizer.hpp"

namespace pmtune {

const char* to_string(FinishReason reason) noexcept {
  switch (reason) {
    case FinishReason::stop: return "stop";
    case FinishReason::length: return "length";
    case FinishReason::cancelled: return "cancelled";
  }
  return "stop";
}

namespace model {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// Collects the bytes of an answer and says what of it can be shown: whole characters that cannot become part of a
// stop text.
class AnswerText {
 public:
  explicit AnswerText(const std::vector<std::string>& stops) : stops_(stops) {}

  // The new text to show; sets stopped() when a stop text is complete, and then the answer ends before it.
  std::string add(std::string_view bytes) {
    text_ += bytes;
    for (const std::string& stop : stops_) {
      if (stop.empty()) continue;
      const std::size_t from = shown_ > stop.size() ? shown_ - stop.size() : 0;
      if (const std::size_t found = text_.find(stop, from);
          found != std::string::npos && (!stopped_ || found < text_.size())) {
        text_.resize(found);
        stopped_ = true;
      }
    }
    const std::size_t safe = stopped_ ? text_.size() : text_.size() - held_back();
    return show(whole_characters(std::string_view(text_).substr(0, safe)));
  }
  // What was held back, when the answer ends otherwise. A character that was cut off becomes U+FFFD.
  std::string finish() {
    text_ = replace_invalid_utf8(text_);
    return show(text_.size());
  }
  bool stopped() const { return stopped_; }
  const std::string& text() const { return text_; }

 private:
  // The longest end of the text that begins a stop text.
  std::size_t held_back() const {
    std::size_t most = 0;
    for (const std::string& stop : stops_)
      for (std::size_t size = std::min(stop.size(), text_.size()); size > most; --size)
        if (text_.compare(text_.size() - size, size, stop, 0, size) == 0) {
          most = size;
          break;
        }
    return most;
  }
  std::string show(std::size_t until) {
    if (until <= shown_) return {};
    std::string part = replace_invalid_utf8(std::string_view(text_).substr(shown_, until - shown_));
    shown_ = until;
    return part;
  }

  const std::vector<std::string>& stops_;
  std::string text_;
  std::size_t shown_ = 0;
  bool stopped_ = false;
};

void check_prompt(const Model::Impl& model, const std::vector<std::int32_t>& prompt) {
  const std::int64_t room = model.weights().architecture.context_length;
  if (prompt.empty()) fail(Code::invalid_argument, "The prompt is empty; give the model something to answer.");
  if (static_cast<std::int64_t>(prompt.size()) >= room)
    fail(Code::invalid_argument, "The prompt has ", prompt.size(), " tokens, but this model can hold only ", room,
         " with its answer; shorten the prompt or leave out older turns.");
}

}  // namespace

Generation generate_ids(const Model::Impl& model, std::vector<std::int32_t> seen, text::Preceding preceding,
                        const GenerateOptions& options, const TokenCallback& on_token) {
  validate_options(options);
  check_prompt(model, seen);
  const Clock::time_point start = Clock::now();
  const Weights& weights = model.weights();
  const Decoder decoder = model.decoder();
  const std::int64_t prompt = static_cast<std::int64_t>(seen.size());
  const std::int64_t most = std::min(options.max_tokens, weights.architecture.context_length - prompt);
  const std::vector<std::int32_t>& stop_tokens = model.tokenizer().stop_tokens();

  Generation answer;
  answer.prompt_tokens = prompt;
  text::Detokenizer detokenizer(model.tokenizer(), preceding);
  AnswerText text(options.stop);
  Sampler sampler(options);
  KvCache cache(weights, prompt + most);
  at::Tensor hidden = decoder.forward(ids_tensor(weights, seen), &cache);
  answer.finish = FinishReason::length;
  // Many models have more rows than tokens, to fill a block; what stands for no token is never chosen.
  const auto choices = static_cast<std::size_t>(model.tokenizer().size());
  while (true) {
    const at::Tensor scores = decoder.logits(hidden.narrow(0, hidden.size(0) - 1, 1)).to(at::kCPU).contiguous();
    if (answer.ids.empty()) answer.prompt_seconds = seconds_since(start);
    const std::int32_t id = sampler.choose({scores.data_ptr<float>(), choices}, seen);
    if (std::find(stop_tokens.begin(), stop_tokens.end(), id) != stop_tokens.end()) {
      answer.finish = FinishReason::stop;
      break;
    }
    answer.ids.push_back(id);
    seen.push_back(id);
    const std::string part = text.add(detokenizer.add(id));
    if (on_token && on_token(part) == Control::stop) {
      answer.finish = FinishReason::cancelled;
      break;
    }
    if (text.stopped()) {
      answer.finish = FinishReason::stop;
      break;
    }
    if (static_cast<std::int64_t>(answer.ids.size()) == most) break;
    if (decoder.must_begin_again(cache)) {
      cache.clear();
      hidden = decoder.forward(ids_tensor(weights, seen), &cache);
    } else {
      hidden = decoder.forward(ids_tensor(weights, {id}), &cache);
    }
  }
  const std::string rest = text.finish();
  if (on_token && !rest.empty() && answer.finish != FinishReason::cancelled) on_token(rest);
  answer.text = text.text();
  answer.seconds = seconds_since(start);
  return answer;
}

}  // namespace model

Generation Model::generate(const std::vector<Message>& messages, const GenerateOptions& options,
                           const TokenCallback& on_token) const {
  return model::guarded([&] {
    return model::generate_ids(*impl_, impl_->render(messages, true).ids, text::Preceding::token, options, on_token);
  });
}

Generation Model::generate_text(std::string_view prompt, const GenerateOptions& options,
                                const TokenCallback& on_token) const {
  return model::guarded([&] {
    std::vector<std::int32_t> ids = tokenize(prompt, true);
    return model::generate_ids(*impl_, std::move(ids), text::Preceding::text, options, on_token);
  });
}

std::string Model::chat(const std::string& text, const GenerateOptions& options,
                        const TokenCallback& on_token) const {
  std::vector<Message> messages;
  if (impl_->record && !impl_->record->system.empty()) messages.push_back({"system", impl_->record->system, 1});
  messages.push_back({"user", text, 1});
  return generate(messages, options, on_token).text;
}

}  // namespace pmtune
