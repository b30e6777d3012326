// The conversation in a chat request.
#pragma once

#include "serve/chat_request.hpp"

namespace pmtune::serve {

// Fills messages, has_system and is_plain.
void read_messages(const Members& body, ChatRequest& request);

}  // namespace pmtune::serve
