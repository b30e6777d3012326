// The body of POST /v1/chat/completions, checked. Members that are not known are ignored, as OpenAI's clients expect;
// what is known and cannot be done is refused with its name.
#pragma once

#include <string>
#include <vector>

#include "serve/sampling.hpp"
#include "text/chat_template.hpp"

namespace pmtune::serve {

struct Tool {
  std::string name;
  Json parameters;  // a JSON schema; an empty object when none was given
};

struct ChatRequest {
  std::string model;
  std::vector<text::ChatMessage> messages;
  bool has_system = false;
  bool is_plain = true;  // only system, user and assistant, and no calls: what an example can hold

  std::vector<Tool> tools;
  text::TemplateJson tools_json;  // as the template is given them; null without tools, or with tool_choice "none"
  enum class Choice { automatic, required } choice = Choice::automatic;
  std::string only_tool;  // tool_choice names it; then choice is required
  bool one_call = false;  // parallel_tool_calls: false

  Sampling sampling;
  bool logprobs = false;
};

ChatRequest read_chat_request(const Json& body);

// The text of the last message from "user"; empty without one.
std::string last_question(const ChatRequest& request);

}  // namespace pmtune::serve
