// What stands behind a ChatSession: the conversation, its copies, and how a question is asked.
#pragma once

#include <atomic>
#include <deque>
#include <optional>
#include <pmtune/chat_session.hpp>
#include <string>

#include "chat/conversation.hpp"
#include "chat/window.hpp"

namespace pmtune {
namespace chat {

// Only the CPU has an engine that keeps what it worked out.
std::optional<Engine> own_engine(const Model& model, const ChatOptions& options);

void check_text(const std::string& text, const char* what);  // throws invalid_argument

}  // namespace chat

struct ChatSession::Impl {
  Impl(std::optional<Engine> engine, bool engine_is_shared, const Model& model, const ChatOptions& options,
       const GenerateOptions& generate);

  std::optional<Engine> engine;  // none: the device has no engine
  bool engine_is_shared;
  Model model;
  ChatOptions options;
  GenerateOptions generate;
  chat::Conversation now;
  std::deque<chat::Conversation> before;  // what undo returns to, newest last
  std::atomic<bool> busy{false};
  std::atomic<bool> cancelled{false};

  std::int64_t context_length() const;
  std::int64_t answer_room() const;
  // Tokens of the conversation from that turn on. asks: with the beginning of an answer.
  std::int64_t length_of(const chat::Conversation& conversation, std::int64_t from, bool asks) const;
  std::size_t index_of(std::int64_t turn) const;  // -1: the last; throws not_found

  void change(chat::Conversation next);

  // Answers the last question of `next`, which becomes the conversation when that worked.
  ChatReply ask(chat::Conversation next, GenerateOptions how, const TokenCallback& on_token);

 private:
  Generation answer(const std::vector<Message>& messages, const GenerateOptions& how, const TokenCallback& on_token);
  ChatAnswer kept(const Generation& made, const GenerateOptions& how) const;
  ChatReply describe(const Generation& made, const chat::Window& window) const;
};

}  // namespace pmtune
