#include "text/render.hpp"

#include <algorithm>
#include <ctime>
#include <optional>
#include <pmtune/error.hpp>

#include "base/fail.hpp"

namespace pmtune::text {
namespace {

// Where an answer stands in the rendered text: from the end of the generation prompt to the end of its stop token.
struct Answer {
  ByteRange bytes;
  bool taught = false;
  std::size_t turn = 0;  // counted from 1
};

bool overlaps(const std::vector<ByteRange>& ranges, ByteRange bytes) {
  const auto range = std::partition_point(ranges.begin(), ranges.end(),
                                          [&](const ByteRange& candidate) { return candidate.end <= bytes.begin; });
  return range != ranges.end() && range->begin < bytes.end;
}

class Renderer {
 public:
  Renderer(const Tokenizer& tokenizer, const ChatTemplate& chat_template, const std::vector<Turn>& turns,
           TemplateJson tools)
      : tokenizer_(tokenizer), template_(chat_template), tools_(std::move(tools)) {
    for (const Turn& turn : turns) messages_.push_back(turn.message);
  }

  Rendered render(const std::vector<Turn>& turns, bool add_generation_prompt) {
    whole_ = render_first(messages_.size(), add_generation_prompt);
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < turns.size(); ++i) {
      if (turns[i].message.role != "assistant") continue;
      const bool is_needed = turns[i].taught && !add_generation_prompt;
      if (std::optional<Answer> answer = try_to_locate(i, turns[i].taught, is_needed, answers))
        answers.push_back(*answer);
    }
    return tokenize(answers);
  }

 private:
  MarkedRendering render_first(std::size_t count, bool add_generation_prompt) const {
    const std::vector<ChatMessage> first(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(count));
    return template_.render_marked(first, add_generation_prompt, now_, tools_);
  }

  // Many templates rewrite earlier answers. That matters only to those that are to be learned: nothing where the
  // model is merely asked.
  std::optional<Answer> try_to_locate(std::size_t index, bool taught, bool is_needed,
                                      const std::vector<Answer>& before) const {
    try {
      return locate(index, taught, before);
    } catch (const Error& error) {
      if (is_needed || error.code() != Code::invalid_argument) throw;
      return std::nullopt;
    }
  }

  Answer locate(std::size_t index, bool taught, const std::vector<Answer>& before) const {
    Answer answer;
    answer.taught = taught;
    answer.turn = index + 1;
    const MarkedRendering prompt = render_first(index, true);
    const MarkedRendering answered = render_first(index + 1, false);
    answer.bytes.begin = prompt.text.size();
    if (!answered.text.starts_with(prompt.text))
      fail(Code::invalid_argument, "The model's chat template does not put the answer of turn ", answer.turn,
           " where it asks for one, so it cannot be taught; use a model with another template.");
    const bool has_words = messages_[index].content.find_first_not_of(" \t\r\n") != std::string::npos;
    if (has_words && !overlaps(answered.untrusted, {prompt.text.size(), answered.text.size()}))
      fail(Code::invalid_argument, "The model's chat template drops the answer of turn ", answer.turn,
           "; use a model with another template, or leave the turn out.");
    // Some templates write a sign behind the last answer only (Phi-3): an answer ends where the whole still agrees.
    const std::size_t same = static_cast<std::size_t>(
        std::mismatch(answered.text.begin(), answered.text.end(), whole_.text.begin(), whole_.text.end()).first -
        answered.text.begin());
    answer.bytes.end = end_of_answer(answered, answer, same);
    const bool is_rewritten =
        answer.bytes.end > same || (!before.empty() && before.back().bytes.end > answer.bytes.begin);
    if (is_rewritten)
      fail(Code::invalid_argument, "The model's chat template rewrites the answer of turn ", answer.turn,
           " when later turns follow, so it cannot be taught as it will be seen; split the conversation so that this "
           "answer is its last turn.");
    return answer;
  }

  // Behind the last stop token that the turn has added within the first `same` bytes, or anywhere when there is none.
  // Only the template's own count, and none before the answer.
  std::size_t end_of_answer(const MarkedRendering& answered, const Answer& answer, std::size_t same) const {
    std::size_t end = last_stop(answered, answer, same);
    if (end == 0) end = last_stop(answered, answer, answered.text.size());
    const bool stops = end > 0 && !overlaps(answered.untrusted, {end, answered.text.size()});
    if (stops) return end;
    if (answer.taught)
      fail(
          Code::invalid_argument, "The answer of turn ", answer.turn,
          " ends on no stop token of the model, which would never learn to stop; use a model whose chat template and "
          "tokenizer belong together.");
    return answered.text.size();
  }

  // Where the last stop token within `limit` ends; 0 without one.
  std::size_t last_stop(const MarkedRendering& answered, const Answer& answer, std::size_t limit) const {
    std::size_t end = 0;
    for (const TokenId id : tokenizer_.stop_tokens()) {
      const std::string_view stop = tokenizer_.bytes(id);
      if (stop.empty() || stop.size() > limit) continue;
      std::size_t at = answered.text.rfind(stop, limit - stop.size());
      while (at != std::string::npos && at >= answer.bytes.begin &&
             overlaps(answered.untrusted, {at, at + stop.size()}))
        at = at == 0 ? std::string::npos : answered.text.rfind(stop, at - 1);
      if (at != std::string::npos && at >= answer.bytes.begin) end = std::max(end, at + stop.size());
    }
    return end;
  }

  Rendered tokenize(const std::vector<Answer>& answers) const {
    Rendered rendered;
    add_missing_bos(rendered);
    rendered.text += whole_.text;
    std::size_t at = 0;
    for (const Answer& answer : answers) {
      append(rendered, {at, answer.bytes.begin}, false);
      append(rendered, answer.bytes, answer.taught);
      at = answer.bytes.end;
      const std::vector<TokenId>& stops = tokenizer_.stop_tokens();
      if (answer.taught && std::find(stops.begin(), stops.end(), rendered.ids.back()) == stops.end())
        fail(Code::internal, "The answer of turn ", answer.turn, " lost its stop token; please report this.");
    }
    append(rendered, {at, whole_.text.size()}, false);
    return rendered;
  }

  // Most templates write the BOS themselves; it must never stand there twice.
  void add_missing_bos(Rendered& rendered) const {
    if (!tokenizer_.adds_bos() || tokenizer_.bos() < 0) return;
    const std::string_view bos = tokenizer_.bytes(tokenizer_.bos());
    if (whole_.text.starts_with(bos) && !overlaps(whole_.untrusted, {0, bos.size()})) return;
    rendered.text = bos;
    rendered.ids.push_back(tokenizer_.bos());
    rendered.mask.push_back(0);
  }

  Preceding before(const Rendered& rendered, ByteRange bytes) const {
    if (bytes.begin == 0) return Preceding::nothing;  // a BOS that was added is no part of the text
    return rendered.ids.empty() ? Preceding::text : tokenizer_.after(rendered.ids.back());
  }

  void append(Rendered& rendered, ByteRange bytes, bool taught) const {
    const std::string_view text = std::string_view(whole_.text).substr(bytes.begin, bytes.size());
    const std::vector<TokenId> ids =
        tokenizer_.encode_guarded(text, within(whole_.untrusted, bytes), before(rendered, bytes));
    rendered.ids.insert(rendered.ids.end(), ids.begin(), ids.end());
    rendered.mask.resize(rendered.ids.size(), taught ? 1 : 0);
  }

  const Tokenizer& tokenizer_;
  const ChatTemplate& template_;
  TemplateJson tools_;
  std::vector<ChatMessage> messages_;
  std::time_t now_ = std::time(nullptr);  // one date for all renderings that are compared
  MarkedRendering whole_;
};

}  // namespace

Rendered render(const Tokenizer& tokenizer, const ChatTemplate& chat_template, const std::vector<Turn>& turns,
                bool add_generation_prompt, const TemplateJson& tools) {
  if (turns.empty()) fail(Code::invalid_argument, "The conversation has no turns; give it at least one.");
  return Renderer(tokenizer, chat_template, turns, tools).render(turns, add_generation_prompt);
}

}  // namespace pmtune::text
