#include "chat/session.hpp"

#include <algorithm>
#include <pmtune/lora_trainer.hpp>

#include "base/fail.hpp"
#include "base/options.hpp"
#include "base/utf8.hpp"

namespace pmtune {
namespace {

constexpr std::size_t most_undone = 20;
constexpr std::int64_t usual_context = 8192;  // as EngineOptions::context_length

std::string dropped_note(const chat::Window& window) {
  if (window.dropped_turns == 0) return "";
  if (window.dropped_turns == 1)
    return concat("The oldest question with its answer (", window.dropped_tokens,
                  " tokens) no longer fits, and the model was not shown it.");
  return concat("The ", window.dropped_turns, " oldest questions with their answers (", window.dropped_tokens,
                " tokens) no longer fit, and the model was not shown them.");
}

}  // namespace

namespace chat {

std::optional<Engine> own_engine(const Model& model, const ChatOptions& options) {
  if (model.info().device != "cpu") return std::nullopt;
  EngineOptions engine;
  engine.batch_size = 1;
  engine.context_length = options.context_length;
  return Engine(model, engine);
}

void check_text(const std::string& text, const char* what) {
  if (find_invalid_utf8(text) != std::string_view::npos)
    fail(Code::invalid_argument, "The ", what, " is not valid UTF-8; convert it first.");
}

}  // namespace chat

ChatSession::Impl::Impl(std::optional<Engine> engine_, bool engine_is_shared_, const Model& model_,
                        const ChatOptions& options_, const GenerateOptions& generate_)
    : engine(std::move(engine_)),
      engine_is_shared(engine_is_shared_),
      model(model_),
      options(options_),
      generate(generate_) {
  validate_options(options);
  validate_options(generate);
  now.system = options.system;
  if (now.system.empty() && options.default_system == "taught")
    if (const auto record = model.training_record()) now.system = record->system;
  chat::check_text(now.system, "system prompt");
}

std::int64_t ChatSession::Impl::context_length() const {
  const std::int64_t own = engine ? engine->context_length() : std::min(model.info().context_length, usual_context);
  return options.context_length > 0 ? std::min(own, options.context_length) : own;
}

std::int64_t ChatSession::Impl::answer_room() const {
  if (options.answer_room > 0) return options.answer_room;
  return std::max<std::int64_t>(1, std::min(generate.max_tokens, context_length() / 4));
}

std::int64_t ChatSession::Impl::length_of(const chat::Conversation& conversation, std::int64_t from,
                                          bool asks) const {
  const std::vector<Message> messages = chat::messages_of(conversation, static_cast<std::size_t>(from));
  return messages.empty() ? 0 : static_cast<std::int64_t>(model.encode(messages, asks).ids.size());
}

std::size_t ChatSession::Impl::index_of(std::int64_t turn) const {
  const auto count = static_cast<std::int64_t>(now.turns.size());
  if (count == 0) fail(Code::not_found, "Nothing was asked yet in this conversation; ask something first.");
  if (turn == -1) return now.turns.size() - 1;
  if (turn < 0 || turn >= count)
    fail(Code::not_found, "There is no question ", turn, " in this conversation; they are counted from 0 to ",
         count - 1, ".");
  return static_cast<std::size_t>(turn);
}

void ChatSession::Impl::change(chat::Conversation next) {
  before.push_back(std::move(now));
  if (before.size() > most_undone) before.pop_front();
  now = std::move(next);
}

Generation ChatSession::Impl::answer(const std::vector<Message>& messages, const GenerateOptions& how,
                                     const TokenCallback& on_token) {
  std::string shown;
  std::size_t tokens = 0;
  bool stopped = false;
  const auto go_on = [&](std::string_view text) {
    shown += text;
    ++tokens;
    stopped = (on_token && on_token(text) == Control::stop) || cancelled;
    return stopped ? Control::stop : Control::resume;
  };
  Generation made =
      engine ? engine->generate(model, messages, how, [&](const GenerationEvent& event) { return go_on(event.text); })
             : model.generate(messages, how, go_on);
  // An engine may be some tokens ahead of the callback; what is kept is what was shown.
  if (stopped) {
    made.finish = FinishReason::cancelled;
    made.text = shown;
    made.ids.resize(std::min(made.ids.size(), tokens));
  }
  return made;
}

ChatReply ChatSession::Impl::ask(chat::Conversation next, GenerateOptions how, const TokenCallback& on_token) {
  cancelled = false;
  ChatTurn& turn = next.turns.back();
  std::vector<ChatAnswer> answers = std::move(turn.answers);
  turn.answers.clear();
  const auto turns = static_cast<std::int64_t>(next.turns.size());
  const chat::Window window =
      chat::choose_window(turns, next.dropped, {context_length(), answer_room(), options.when_full == "drop"},
                          [&](std::int64_t from) { return length_of(next, from, true); });
  next.dropped = window.dropped_turns;
  how.max_tokens = std::min(how.max_tokens, context_length() - window.prompt_tokens);
  const Generation made = answer(chat::messages_of(next, static_cast<std::size_t>(next.dropped)), how, on_token);

  ChatReply reply = describe(made, window);
  reply.turn = turns - 1;
  reply.answer = static_cast<std::int64_t>(answers.size());
  if (made.finish == FinishReason::cancelled && made.text.empty()) return reply;
  answers.push_back(kept(made, how));
  turn.chosen = answers.size() - 1;
  turn.answers = std::move(answers);
  change(std::move(next));
  return reply;
}

ChatAnswer ChatSession::Impl::kept(const Generation& made, const GenerateOptions& how) const {
  ChatAnswer answer;
  answer.text = made.text;
  answer.model = model.info().adapter.empty() ? model.info().name : model.info().adapter;
  answer.finish = made.finish;
  answer.tokens = static_cast<std::int64_t>(made.ids.size());
  answer.seconds = made.seconds;
  answer.temperature = how.temperature;
  answer.seed = how.seed;
  return answer;
}

ChatReply ChatSession::Impl::describe(const Generation& made, const chat::Window& window) const {
  ChatReply reply;
  reply.text = made.text;
  reply.finish = made.finish;
  reply.tokens = static_cast<std::int64_t>(made.ids.size());
  reply.prompt_tokens = made.prompt_tokens;
  reply.cached_tokens = made.cached_tokens;
  reply.dropped_turns = window.dropped_turns;
  reply.dropped_tokens = window.dropped_tokens;
  reply.context_length = context_length();
  reply.prompt_seconds = made.prompt_seconds;
  reply.seconds = made.seconds;
  reply.note = dropped_note(window);
  if (made.finish == FinishReason::length)
    reply.note += concat(reply.note.empty() ? "" : " ", "The answer was cut short after ", reply.tokens,
                         " tokens; max_tokens and context_length set how long it may be.");
  return reply;
}

}  // namespace pmtune
