// The one function that turns a conversation into what the model sees. Training, evaluation, chat and the server all
// call it; that is the proof that the model is asked the way it was taught.
//
// The mask comes from positions, never from searching for marker texts: the conversation is rendered up to each
// assistant turn with the generation prompt, and again with the turn; what was added is the answer. Text is cut at
// these positions before it is tokenised, so the ids of a prompt are exactly the first ids of the taught
// conversation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "text/chat_template.hpp"
#include "text/tokenizer.hpp"

namespace pmtune::text {

struct Turn {
  ChatMessage message;
  bool taught = true;  // only for assistant turns: false leaves the answer in the context but out of the loss
};

struct Rendered {
  std::string text;
  std::vector<TokenId> ids;
  std::vector<std::uint8_t> mask;  // 1 where the token is taught: every answer, its stop token included
};

// add_generation_prompt: ends where an answer would begin (nothing taught after that point), to ask the model.
// Throws invalid_argument for a taught answer that the template drops or rewrites, or that ends on no stop token of
// the tokenizer (the model would never learn to stop), unless the model is only asked: the sentence says which turn.
// tools: as in ChatTemplate::render_marked.
Rendered render(const Tokenizer& tokenizer, const ChatTemplate& chat_template, const std::vector<Turn>& turns,
                bool add_generation_prompt, const TemplateJson& tools = {});

}  // namespace pmtune::text
