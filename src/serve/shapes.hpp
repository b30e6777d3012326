// The objects of OpenAI's replies, field by field.
#pragma once

#include <functional>
#include <pmtune/model.hpp>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "serve/tool_calls.hpp"

namespace pmtune::serve {

// What all objects of one reply share.
struct ReplyHead {
  std::string id;  // "chatcmpl-..."
  std::int64_t created = 0;
  std::string model;
  std::string fingerprint;
};
ReplyHead new_head(const char* prefix, const std::string& model, const std::string& fingerprint);

struct Usage {
  std::int64_t prompt = 0, cached = 0, written = 0;
  // A prompt counts once, however many answers it has.
  void add(const Generation& answer, bool is_first);
};
Json usage_json(const Usage& usage);

// The bytes of a token.
using TokenBytes = std::function<std::string(std::int32_t id)>;

Json chat_scores(const std::vector<ScoredToken>& scores, const TokenBytes& bytes);  // {"content": [...], "refusal"}
// {"tokens", "token_logprobs", "top_logprobs", "text_offset"}; offset: of the first token in the text.
Json text_scores(const std::vector<ScoredToken>& scores, const TokenBytes& bytes, std::size_t offset);

Json chat_reply(const ReplyHead& head, Json choices, const Usage& usage);
Json chat_choice(std::int64_t index, const std::string& text, const std::vector<ToolCall>& calls,
                 const std::string& finish, Json scores);
// An event of a stream. delta: an object; finish: empty while the answer goes on.
Json chat_event(const ReplyHead& head, std::int64_t index, Json delta, Json scores, const std::string& finish);
Json call_delta(std::size_t index, const ToolCall& call);

Json text_reply(const ReplyHead& head, Json choices, const Usage& usage);  // "text_completion"
Json text_choice(std::int64_t index, const std::string& text, const std::string& finish, Json scores);
Json text_event(const ReplyHead& head, Json choice);

// The last event of a stream with include_usage; others have "usage": null.
Json usage_event(const ReplyHead& head, const char* object, const Usage& usage);

}  // namespace pmtune::serve
