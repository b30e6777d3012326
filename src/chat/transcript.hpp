// A conversation as a file: Markdown for people, JSONL for data sets, JSON to go on with it later.
#pragma once

#include <string>

#include "chat/conversation.hpp"

namespace pmtune::chat {

std::string to_markdown(const Conversation& conversation, const std::string& model);
std::string to_jsonl(const Conversation& conversation);
std::string to_json(const Conversation& conversation, const std::string& model);

// text: what to_json made, here or elsewhere; it is not trusted. where: the file, for messages. Throws corrupt,
// unsupported.
Conversation from_json(const std::string& text, const std::string& where);

}  // namespace pmtune::chat
