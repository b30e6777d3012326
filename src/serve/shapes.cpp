#include "serve/shapes.hpp"

#include <ctime>
#include <utility>

#include "base/utf8.hpp"
#include "serve/secret.hpp"

namespace pmtune::serve {
namespace {

Json scored(std::int32_t id, double logprob, const TokenBytes& bytes_of) {
  const std::string bytes = bytes_of(id);
  Json list = Json::array();
  for (const char byte : bytes) list.push_back(static_cast<unsigned char>(byte));
  return {{"token", replace_invalid_utf8(bytes)}, {"logprob", logprob}, {"bytes", std::move(list)}};
}

Json begin_reply(const ReplyHead& head, const char* object) {
  return {{"id", head.id},
          {"object", object},
          {"created", head.created},
          {"model", head.model},
          {"system_fingerprint", head.fingerprint}};
}

Json finish_json(const std::string& finish) { return finish.empty() ? Json(nullptr) : Json(finish); }

Json call_json(const ToolCall& call) {
  return {{"id", random_name("call_")},
          {"type", "function"},
          {"function", {{"name", call.name}, {"arguments", call.arguments}}}};
}

}  // namespace

ReplyHead new_head(const char* prefix, const std::string& model, const std::string& fingerprint) {
  return {random_name(prefix), static_cast<std::int64_t>(std::time(nullptr)), model, fingerprint};
}

void Usage::add(const Generation& answer, bool is_first) {
  if (is_first) {
    prompt += answer.prompt_tokens;
    cached += answer.cached_tokens;
  }
  written += static_cast<std::int64_t>(answer.ids.size());
}

Json usage_json(const Usage& usage) {
  return {{"prompt_tokens", usage.prompt},
          {"completion_tokens", usage.written},
          {"total_tokens", usage.prompt + usage.written},
          {"prompt_tokens_details", {{"cached_tokens", usage.cached}, {"audio_tokens", 0}}},
          {"completion_tokens_details", {{"reasoning_tokens", 0}, {"audio_tokens", 0}}}};
}

Json chat_scores(const std::vector<ScoredToken>& scores, const TokenBytes& bytes) {
  Json content = Json::array();
  for (const ScoredToken& score : scores) {
    Json entry = scored(score.id, score.logprob, bytes);
    entry["top_logprobs"] = Json::array();
    for (const TokenScore& other : score.top) entry["top_logprobs"].push_back(scored(other.id, other.logprob, bytes));
    content.push_back(std::move(entry));
  }
  return {{"content", std::move(content)}, {"refusal", nullptr}};
}

Json text_scores(const std::vector<ScoredToken>& scores, const TokenBytes& bytes, std::size_t offset) {
  Json tokens = Json::array(), logprobs = Json::array(), tops = Json::array(), offsets = Json::array();
  for (const ScoredToken& score : scores) {
    const std::string text = bytes(score.id);
    tokens.push_back(replace_invalid_utf8(text));
    logprobs.push_back(score.logprob);
    Json top = Json::object();
    for (const TokenScore& other : score.top) top[replace_invalid_utf8(bytes(other.id))] = other.logprob;
    tops.push_back(std::move(top));
    offsets.push_back(offset);
    for (const char byte : text) offset += (static_cast<unsigned char>(byte) & 0xC0) != 0x80;  // in characters
  }
  return {{"tokens", std::move(tokens)},
          {"token_logprobs", std::move(logprobs)},
          {"top_logprobs", std::move(tops)},
          {"text_offset", std::move(offsets)}};
}

Json chat_reply(const ReplyHead& head, Json choices, const Usage& usage) {
  Json reply = begin_reply(head, "chat.completion");
  reply["choices"] = std::move(choices);
  reply["usage"] = usage_json(usage);
  return reply;
}

Json chat_choice(std::int64_t index, const std::string& text, const std::vector<ToolCall>& calls,
                 const std::string& finish, Json scores) {
  Json message = {{"role", "assistant"}, {"content", text}, {"refusal", nullptr}};
  if (!calls.empty()) {
    if (text.empty()) message["content"] = nullptr;
    message["tool_calls"] = Json::array();
    for (const ToolCall& call : calls) message["tool_calls"].push_back(call_json(call));
  }
  return {{"index", index},
          {"message", std::move(message)},
          {"logprobs", std::move(scores)},
          {"finish_reason", finish_json(finish)}};
}

Json chat_event(const ReplyHead& head, std::int64_t index, Json delta, Json scores, const std::string& finish) {
  Json event = begin_reply(head, "chat.completion.chunk");
  Json choice = {{"index", index},
                 {"delta", std::move(delta)},
                 {"logprobs", std::move(scores)},
                 {"finish_reason", finish_json(finish)}};
  event["choices"] = Json::array({std::move(choice)});
  return event;
}

Json call_delta(std::size_t index, const ToolCall& call) {
  Json json = call_json(call);
  json["index"] = index;
  return {{"tool_calls", Json::array({std::move(json)})}};
}

Json text_reply(const ReplyHead& head, Json choices, const Usage& usage) {
  Json reply = begin_reply(head, "text_completion");
  reply["choices"] = std::move(choices);
  reply["usage"] = usage_json(usage);
  return reply;
}

Json text_choice(std::int64_t index, const std::string& text, const std::string& finish, Json scores) {
  return {{"index", index}, {"text", text}, {"logprobs", std::move(scores)}, {"finish_reason", finish_json(finish)}};
}

Json text_event(const ReplyHead& head, Json choice) {
  Json event = begin_reply(head, "text_completion");
  event["choices"] = Json::array({std::move(choice)});
  return event;
}

Json usage_event(const ReplyHead& head, const char* object, const Usage& usage) {
  Json event = begin_reply(head, object);
  event["choices"] = Json::array();
  event["usage"] = usage_json(usage);
  return event;
}

}  // namespace pmtune::serve
