#include <pmtune/chat_session.hpp>

#include <filesystem>
#include <ostream>

#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "base/options.hpp"
#include "base/utc.hpp"
#include "chat/session.hpp"
#include "chat/transcript.hpp"

namespace pmtune {
using chat::Conversation;

namespace {

constexpr std::size_t largest_transcript = 64u << 20u;  // bytes

// Held while a call changes the conversation.
class InUse {
 public:
  explicit InUse(std::atomic<bool>& busy) : busy_(busy) {
    if (busy_.exchange(true, std::memory_order_acquire))
      fail(Code::busy, "This conversation is waiting for an answer already; wait for it, or cancel it.");
  }
  ~InUse() { busy_.store(false, std::memory_order_release); }
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;

 private:
  std::atomic<bool>& busy_;
};

void check_question(const std::string& question) {
  chat::check_text(question, "question");
  if (question.find_first_not_of(" \t\r\n") == std::string::npos)
    fail(Code::invalid_argument, "The question is empty; write one.");
}

}  // namespace

ChatSession::ChatSession(const Model& model, const ChatOptions& options, const GenerateOptions& generate) {
  validate_options(options);  // before the engine takes its memory
  validate_options(generate);
  impl_ = std::make_shared<Impl>(chat::own_engine(model, options), false, model, options, generate);
}

ChatSession::ChatSession(const Engine& engine, const Model& model, const ChatOptions& options,
                         const GenerateOptions& generate)
    : impl_(std::make_shared<Impl>(engine, true, model, options, generate)) {}

ChatReply ChatSession::send(const std::string& question, const TokenCallback& on_token) {
  const InUse in_use(impl_->busy);
  check_question(question);
  Conversation next = impl_->now;
  next.turns.push_back({question, utc_now(), {}, 0});
  return impl_->ask(std::move(next), impl_->generate, on_token);
}

ChatReply ChatSession::regenerate(const TokenCallback& on_token) {
  const InUse in_use(impl_->busy);
  const std::size_t last = impl_->index_of(-1);
  GenerateOptions how = impl_->generate;
  if (how.temperature == 0) how.temperature = impl_->options.regenerate_temperature;
  how.seed += impl_->now.turns[last].answers.size();
  return impl_->ask(impl_->now, how, on_token);
}

ChatReply ChatSession::edit(std::int64_t turn, const std::string& question, const TokenCallback& on_token) {
  const InUse in_use(impl_->busy);
  const std::size_t index = impl_->index_of(turn);
  check_question(question);
  Conversation next = impl_->now;
  next.turns.resize(index);
  next.turns.push_back({question, utc_now(), {}, 0});
  return impl_->ask(std::move(next), impl_->generate, on_token);
}

void ChatSession::choose(std::int64_t answer) {
  const InUse in_use(impl_->busy);
  const std::size_t last = impl_->index_of(-1);
  const auto count = static_cast<std::int64_t>(impl_->now.turns[last].answers.size());
  if (answer < 0 || answer >= count)
    fail(Code::not_found, "There is no answer ", answer, " to the last question; they are counted from 0 to ",
         count - 1, ".");
  Conversation next = impl_->now;
  next.turns[last].chosen = static_cast<std::size_t>(answer);
  impl_->change(std::move(next));
}

bool ChatSession::undo() {
  const InUse in_use(impl_->busy);
  if (impl_->before.empty()) return false;
  impl_->now = std::move(impl_->before.back());
  impl_->before.pop_back();
  return true;
}

void ChatSession::clear() {
  const InUse in_use(impl_->busy);
  impl_->change({impl_->now.system, {}, 0});
}

void ChatSession::set_system(const std::string& system) {
  const InUse in_use(impl_->busy);
  chat::check_text(system, "system prompt");
  Conversation next = impl_->now;
  next.system = system;
  impl_->change(std::move(next));
}

void ChatSession::set_options(const GenerateOptions& generate) {
  const InUse in_use(impl_->busy);
  validate_options(generate);
  impl_->generate = generate;
}

void ChatSession::set_model(const Model& model) {
  const InUse in_use(impl_->busy);
  if (!impl_->engine_is_shared) impl_->engine = chat::own_engine(model, impl_->options);
  impl_->model = model;
}

void ChatSession::rate(int rating, std::int64_t turn) {
  const InUse in_use(impl_->busy);
  const std::size_t index = impl_->index_of(turn);
  if (rating < -1 || rating > 1)
    fail(Code::invalid_argument, "A rating is -1 (bad), 0 (not rated) or 1 (good), not ", rating, ".");
  ChatTurn& rated = impl_->now.turns[index];
  rated.answers[rated.chosen].rating = rating;
}

std::string ChatSession::teach(const Inbox& inbox, const std::string& correction, const std::string& author,
                               std::int64_t turn) {
  const InUse in_use(impl_->busy);
  const std::size_t index = impl_->index_of(turn);
  Conversation next = impl_->now;
  ChatTurn& taught = next.turns[index];
  if (!correction.empty() && correction != taught.answer().text) {
    ChatAnswer corrected;
    corrected.text = correction;
    corrected.corrected = true;
    corrected.author = author;
    taught.answers.push_back(corrected);
    taught.chosen = taught.answers.size() - 1;
  }
  if (chat::is_cut_short(taught.answer()))
    fail(Code::invalid_argument,
         "This answer was cut short, so the model would learn to stop there; give the whole answer to teach.");
  const std::string id = inbox.append(chat::lesson_of(next, index), {author, "chat"});
  taught.answers[taught.chosen].taught = id;
  impl_->change(std::move(next));
  return id;
}

std::string ChatSession::transcript(const std::string& format) const {
  if (format == "md") return chat::to_markdown(impl_->now, impl_->model.info().name);
  if (format == "jsonl") return chat::to_jsonl(impl_->now);
  if (format == "json") return chat::to_json(impl_->now, impl_->model.info().name);
  fail(Code::invalid_argument, "A conversation can be written as md, jsonl or json, not as \"", format, "\".");
}

void ChatSession::save(const std::string& path) const {
  std::string ending = std::filesystem::path(path).extension().string();
  if (!ending.empty()) ending.erase(0, 1);
  if (ending != "md" && ending != "jsonl" && ending != "json")
    fail(Code::invalid_argument, "The name \"", path,
         "\" does not tell how to write the conversation; let it end in .md (to read), .jsonl (to teach) or .json "
         "(to go "
         "on with).");
  write_file_atomically(path, transcript(ending));
}

void ChatSession::load(const std::string& path) {
  const InUse in_use(impl_->busy);
  impl_->change(chat::from_json(read_text_file(path, largest_transcript), path));
}

const std::string& ChatSession::system() const { return impl_->now.system; }
const std::vector<ChatTurn>& ChatSession::turns() const { return impl_->now.turns; }
std::vector<Message> ChatSession::messages() const { return chat::messages_of(impl_->now); }
const Model& ChatSession::model() const { return impl_->model; }
const ChatOptions& ChatSession::options() const { return impl_->options; }
const GenerateOptions& ChatSession::generate_options() const { return impl_->generate; }
void ChatSession::cancel() noexcept { impl_->cancelled = true; }

ChatTokens ChatSession::tokens() const {
  const Impl& session = *impl_;
  ChatTokens tokens;
  tokens.context_length = session.context_length();
  tokens.answer_room = session.answer_room();
  tokens.dropped_turns = session.now.dropped;
  tokens.conversation = session.length_of(session.now, tokens.dropped_turns, false);
  if (tokens.dropped_turns > 0)
    tokens.dropped_tokens = session.length_of(session.now, 0, false) - tokens.conversation;
  return tokens;
}

std::ostream& operator<<(std::ostream& out, const ChatReply& reply) {
  const double writing = reply.seconds - reply.prompt_seconds;
  char speed[32] = "";
  if (reply.tokens > 1 && writing > 0)
    std::snprintf(speed, sizeof speed, ", %.1f a second", static_cast<double>(reply.tokens - 1) / writing);
  return out << reply.tokens << (reply.tokens == 1 ? " token" : " tokens") << speed << "; "
             << reply.prompt_tokens + reply.tokens << " of " << reply.context_length << " in use";
}

}  // namespace pmtune
