#include "chat/conversation.hpp"

#include "base/fail.hpp"

namespace pmtune::chat {
namespace {

Message answer_message(const ChatAnswer& answer, bool is_taught) {
  return {"assistant", answer.text, is_taught ? 1.0 : 0.0};
}

}  // namespace

bool is_cut_short(const ChatAnswer& answer) { return !answer.corrected && answer.finish != FinishReason::stop; }

std::vector<Message> messages_of(const Conversation& conversation, std::size_t from) {
  std::vector<Message> messages;
  if (!conversation.system.empty()) messages.push_back({"system", conversation.system});
  for (std::size_t i = from; i < conversation.turns.size(); ++i) {
    const ChatTurn& turn = conversation.turns[i];
    messages.push_back({"user", turn.question});
    if (!turn.answers.empty()) messages.push_back(answer_message(turn.answer(), true));
  }
  return messages;
}

Example example_of(const Conversation& conversation) {
  if (conversation.turns.empty())
    fail(Code::invalid_argument, "Nothing was asked yet, so there is no example to write; ask something first.");
  Example example;
  if (!conversation.system.empty()) example.messages.push_back({"system", conversation.system});
  bool is_taught = false;
  for (const ChatTurn& turn : conversation.turns) {
    const bool good = !is_cut_short(turn.answer()) && turn.answer().rating >= 0 && !turn.answer().text.empty();
    is_taught = is_taught || good;
    example.messages.push_back({"user", turn.question});
    example.messages.push_back(answer_message(turn.answer(), good));
  }
  if (!is_taught)
    fail(Code::invalid_argument,
         "Every answer of this conversation was cut short or rated bad, so it teaches nothing; correct one with "
         "teach, "
         "or save it as .json or .md.");
  return example;
}

Example lesson_of(const Conversation& conversation, std::size_t turn) {
  Example example;
  if (!conversation.system.empty()) example.messages.push_back({"system", conversation.system});
  for (std::size_t i = 0; i <= turn; ++i) {
    example.messages.push_back({"user", conversation.turns[i].question});
    example.messages.push_back(answer_message(conversation.turns[i].answer(), i == turn));
  }
  return example;
}

}  // namespace pmtune::chat
