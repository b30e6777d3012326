// System prompt and turns, and what is made of them for the model and for the data set.
#pragma once

#include <pmtune/chat_session.hpp>
#include <string>
#include <vector>

namespace pmtune::chat {

struct Conversation {
  std::string system;
  std::vector<ChatTurn> turns;
  std::int64_t dropped = 0;  // of the oldest turns, those that the model was not shown last
};

// A turn that waits for its answer has none yet; its question is then the last message. from: the first turn shown.
std::vector<Message> messages_of(const Conversation& conversation, std::size_t from = 0);

// The conversation as one example: answers that were cut short or rated bad are context, not taught.
Example example_of(const Conversation& conversation);

// The example that teaches the answer of that turn, and nothing else.
Example lesson_of(const Conversation& conversation, std::size_t turn);

bool is_cut_short(const ChatAnswer& answer);

}  // namespace pmtune::chat
