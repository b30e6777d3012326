// What the server needs of a model beside the public Model: prompts with tools, and the bytes of tokens. Without
// torch.
#pragma once

#include <cstdint>
#include <pmtune/model.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "text/chat_template.hpp"

namespace pmtune::model {

struct ChatPrompt {
  std::vector<std::int32_t> ids;
  std::string text;
  bool has_tools = false;  // the template has put the tools into it
};

// The conversation as the model sees it, up to where its answer begins. Throws what Model::encode throws.
ChatPrompt chat_prompt(const Model& model, const std::vector<text::ChatMessage>& messages,
                       const text::TemplateJson& tools = {});

// The tokens of a text of ours that an answer begins with, in which control tokens are read as such.
std::vector<std::int32_t> answer_beginning(const Model& model, std::string_view trusted);

// What the token stands for; may be a part of a character.
std::string token_bytes(const Model& model, std::int32_t id);

}  // namespace pmtune::model
