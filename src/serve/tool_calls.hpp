// Finding calls of tools in what a model writes, also while it is still writing. Models write them in few forms:
//   tagged  <tool_call>{"name": "f", "arguments": {...}}</tool_call>, among other text (Qwen, Hermes, SmolLM)
//   bare    the whole answer is {"name": "f", "parameters": {...}} or a list of those (Llama, Mistral, Phi), with or
//           without a sign before it
// Whatever does not become a call stays text: nothing that was written is lost.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "serve/chat_request.hpp"

namespace pmtune::serve {

enum class CallForm { tagged, bare };

// By the prompt, in which the template says to the model how to call.
CallForm call_form(std::string_view prompt);

// What an answer that must call a tool begins with, before the JSON; may be empty.
std::string_view beginning_of_call(CallForm form);

// The JSON schema of one call: of only_tool, or of any of them.
Json schema_of_call(const ChatRequest& request, CallForm form);

struct ToolCall {
  std::string name;
  std::string arguments;  // JSON as text
};

class ToolCallReader {
 public:
  // began: beginning_of_call() stands in the prompt already. one_call: those after the first are left out.
  ToolCallReader(CallForm form, std::vector<Tool> tools, bool began, bool one_call);

  struct Piece {
    std::string text;  // either, or
    std::optional<ToolCall> call;
  };
  std::vector<Piece> add(std::string_view text);
  std::vector<Piece> finish();
  bool has_calls() const { return calls_ > 0; }

 private:
  void read_tagged(std::vector<Piece>& pieces, bool at_end);
  void read_bare(std::vector<Piece>& pieces, bool at_end);
  bool take_calls(std::string_view json, std::vector<Piece>& pieces);
  bool is_tool(const std::string& name) const;
  static void put_text(std::vector<Piece>& pieces, std::string text);

  CallForm form_;
  std::vector<Tool> tools_;
  bool inside_;         // between the tags
  bool plain_ = false;  // bare: the answer has turned out to be text
  bool one_call_;
  std::size_t calls_ = 0;
  std::string held_;  // not yet known what it is
};

}  // namespace pmtune::serve
