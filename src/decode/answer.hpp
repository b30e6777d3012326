// One answer as it is written: what was asked, the tokens so far, the text of them that can be shown, and why it
// ended. Knows nothing of weights or caches: it is given the scores of the next token.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <pmtune/model.hpp>
#include <span>
#include <string>
#include <vector>

#include "decode/sampler.hpp"
#include "grammar/constraint.hpp"
#include "model/impl.hpp"
#include "text/detokenizer.hpp"

namespace pmtune::decode {

// Collects the bytes of an answer and says what of it can be shown: whole characters that cannot become part of a
// stop text.
class AnswerText {
 public:
  explicit AnswerText(std::vector<std::string> stops);

  // The new text to show. search: whether stop texts count; when one is complete, the answer ends before it.
  std::string add(std::string_view bytes, bool search);
  // What was held back, when the answer ends otherwise. A character that was cut off becomes U+FFFD.
  std::string finish();
  bool stopped() const { return stopped_; }
  const std::string& text() const { return text_; }

 private:
  std::size_t held_back() const;
  std::string show(std::size_t until);

  std::vector<std::string> stops_;
  std::string text_;
  std::size_t shown_ = 0;
  bool stopped_ = false;
};

class Answer {
 public:
  // preceding: what the answer goes on from: a turn begins, a text goes on. context: the most tokens of both. Throws
  // invalid_argument for options or a prompt that cannot be.
  Answer(const Model::Impl& model, std::vector<std::int32_t> prompt, text::Preceding preceding,
         const GenerateOptions& options, std::int64_t context);

  // Prompt and answer so far.
  const std::vector<std::int32_t>& seen() const { return seen_; }
  std::int64_t prompt_tokens() const { return result_.prompt_tokens; }
  // The most tokens that seen() can come to have.
  std::int64_t longest() const { return prompt_tokens() + most_; }
  bool ended() const { return ended_; }

  // Chooses the next token by its scores (one for each row of the vocabulary; changed). The text to show, empty when
  // it ended the answer by itself.
  std::string take(std::span<float> scores);
  // The last of the scored tokens; null when none was asked for.
  const ScoredToken* score() const;
  // The token chosen last, or -1 for a stop token.
  std::int32_t last() const { return last_; }

  void cancel();
  // Text that was held back until the end.
  std::string rest() const { return rest_; }
  Generation& result() { return result_; }

 private:
  bool is_stop_token(std::int32_t id) const;
  Limits limits(bool may_end);
  void end(FinishReason reason);

  const text::Tokenizer& tokenizer_;
  GenerateOptions options_;
  std::vector<std::int32_t> seen_;
  std::vector<std::int32_t> stop_tokens_;
  text::Detokenizer detokenizer_;
  AnswerText text_;
  std::optional<grammar::Constraint> constraint_;  // of JSON
  Sampler sampler_;
  std::int64_t most_ = 0;
  Generation result_;
  std::string rest_;
  std::int32_t last_ = -1;
  std::vector<std::uint64_t> allowed_;  // what the constraint allows, and stop tokens where they may come
  bool ended_ = false;
};

}  // namespace pmtune::decode
