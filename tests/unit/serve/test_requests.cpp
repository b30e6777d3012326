// Requests that are read, and those that are refused: with which status, naming which member.
#include <doctest/doctest.h>

#include "serve/chat_request.hpp"
#include "serve/text_requests.hpp"

using namespace pmtune;
using namespace pmtune::serve;

namespace {

ChatRequest chat(const std::string& members) {
  const std::string begin = R"({"model": "m", "messages": [{"role": "user", "content": "Hi"}])";
  return read_chat_request(parse_body(begin + (members.empty() ? "}" : ", " + members + "}")));
}

// The member that is blamed; "accepted" when none is.
template <class Work>
std::string blamed(const Work& work) {
  try {
    work();
    return "accepted";
  } catch (const ApiError& error) {
    CHECK(error.status == 400);
    CHECK(!error.message.empty());
    CHECK(error.message.back() == '.');
    return error.param;
  }
}
std::string blamed_in(const std::string& members) {
  return blamed([&] { chat(members); });
}
std::string blamed_messages(const std::string& messages) {
  return blamed([&] { read_chat_request(parse_body(R"({"model": "m", "messages": )" + messages + "}")); });
}

}  // namespace

TEST_CASE("a chat request with everything") {
  const ChatRequest request = chat(
      R"("temperature": 0.5, "top_p": 0.9, "max_completion_tokens": 7, "seed": -3, "stop": ["a", "b"], "n": 2,
         "frequency_penalty": 1, "presence_penalty": -1, "logit_bias": {"12": -100}, "logprobs": true, "top_logprobs": 4,
         "stream": true, "stream_options": {"include_usage": true}, "user": "x", "unknown": [1], "top_k": 3,
         "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"type": "object"}}})");
  const GenerateOptions& options = request.sampling.options;
  CHECK(request.model == "m");
  CHECK(options.temperature == 0.5);
  CHECK(options.top_p == 0.9);
  CHECK(options.max_tokens == 7);
  CHECK(options.seed == static_cast<std::uint64_t>(-3));
  CHECK(options.stop == std::vector<std::string>{"a", "b"});
  CHECK(options.logit_bias == R"({"12":-100})");
  CHECK(options.logprobs == 4);
  CHECK(options.top_k == 3);
  CHECK(options.response == "json");
  CHECK(options.json_schema == R"({"type":"object"})");
  CHECK(request.sampling.choices == 2);
  CHECK(request.sampling.stream);
  CHECK(request.sampling.include_usage);
  CHECK(last_question(request) == "Hi");
}

TEST_CASE("null means absent, and a stop may be one text") {
  const ChatRequest request = chat(R"("temperature": null, "stop": "END", "tools": null, "max_tokens": null)");
  CHECK(!request.sampling.has_temperature);
  CHECK(!request.sampling.has_max_tokens);
  CHECK(request.sampling.options.stop == std::vector<std::string>{"END"});
}

TEST_CASE("what is wrong is named") {
  CHECK(blamed_in(R"("temperature": 3)") == "temperature");
  CHECK(blamed_in(R"("temperature": "hot")") == "temperature");
  CHECK(blamed_in(R"("max_tokens": 0)") == "max_tokens");
  CHECK(blamed_in(R"("max_tokens": 1.5)") == "max_tokens");
  CHECK(blamed_in(R"("max_tokens": 18446744073709551615)") == "max_tokens");
  CHECK(blamed_in(R"("n": 100)") == "n");
  CHECK(blamed_in(R"("stop": [1])") == "stop");
  CHECK(blamed_in(R"("stop": "")") == "stop");
  CHECK(blamed_in(R"("stream": "yes")") == "stream");
  CHECK(blamed_in(R"("top_logprobs": 2)") == "top_logprobs");
  CHECK(blamed_in(R"("logit_bias": {"x": 1})") == "logit_bias");
  CHECK(blamed_in(R"("logit_bias": {"1": 101})") == "logit_bias");
  CHECK(blamed_in(R"("response_format": {"type": "xml"})") == "response_format.type");
  CHECK(blamed_in(R"("response_format": {"type": "json_schema"})") == "response_format.json_schema");
  CHECK(blamed_in(R"("functions": [])") == "functions");
  CHECK(blamed_in(R"("modalities": ["audio"])") == "modalities");
  CHECK(blamed_in(R"("tools": [{"type": "web"}])") == "tools[0].type");
  CHECK(blamed_in(R"("tools": [{"type": "function", "function": {"name": "a b"}}])") == "tools[0].function.name");
  CHECK(blamed_in(R"("tool_choice": "required")") == "tool_choice");
  CHECK(blamed_in(R"("tools": [{"type": "function", "function": {"name": "f"}}],
                     "tool_choice": {"type": "function", "function": {"name": "g"}})") == "tool_choice");
}

TEST_CASE("messages") {
  CHECK(blamed_messages("[]") == "messages");
  CHECK(blamed_messages("{}") == "messages");
  CHECK(blamed_messages("[1]") == "messages[0]");
  CHECK(blamed_messages(R"([{"role": "bot", "content": "x"}])") == "messages[0].role");
  CHECK(blamed_messages(R"([{"role": "user"}])") == "messages[0].content");
  CHECK(blamed_messages(R"([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}])") ==
        "messages[0].content[0].type");
  CHECK(blamed_messages(R"([{"role": "tool", "content": "x"}])") == "messages[0].tool_call_id");
  CHECK(blamed_messages(
            R"([{"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{"}}]}])") ==
        "messages[0].tool_calls[0].function.arguments");
  const ChatRequest request = read_chat_request(parse_body(
      R"({"model": "m", "messages": [{"role": "developer", "content": "Be brief."},
          {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
          {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"x\": 1}"}}]},
          {"role": "tool", "tool_call_id": "1", "content": "2"}]})"));
  CHECK(request.has_system);
  CHECK(!request.is_plain);
  CHECK(request.messages[0].role == "system");
  CHECK(request.messages[1].content == "ab");
  CHECK((*request.messages[2].tool_calls)[0]["function"]["arguments"]["x"] == 1);
  CHECK(request.messages[3].tool_call_id == "1");
}

TEST_CASE("bodies that are no object") {
  for (const char* body : {"", "[]", "1", "{", "nonsense", R"({"model": "m", "model": "n"})", "\xFF"})
    CHECK(blamed([&] { read_chat_request(parse_body(body)); }).empty());
  CHECK(blamed([] { read_chat_request(parse_body("{}")); }) == "model");
}

TEST_CASE("completions, embeddings and feedback") {
  const CompletionRequest completion =
      read_completion_request(parse_body(R"({"model": "m", "prompt": ["a", [1, 2]], "echo": true, "n": 2})"));
  CHECK(std::get<std::string>(completion.prompts[0]) == "a");
  CHECK(std::get<std::vector<std::int32_t>>(completion.prompts[1]) == std::vector<std::int32_t>{1, 2});
  CHECK(blamed([] { read_completion_request(parse_body(R"({"model": "m", "prompt": [1, "a"]})")); }) == "prompt");
  CHECK(blamed([] { read_completion_request(parse_body(R"({"model": "m", "prompt": [-1]})")); }) == "prompt");
  CHECK(blamed([] { read_completion_request(parse_body(R"({"model": "m", "prompt": [99999999999]})")); }) ==
        "prompt");
  CHECK(blamed([] { read_completion_request(parse_body(R"({"model": "m", "prompt": "a", "suffix": "b"})")); }) ==
        "suffix");

  CHECK(read_embedding_request(parse_body(R"({"model": "m", "input": "a", "encoding_format": "base64"})")).base64);
  CHECK(blamed([] { read_embedding_request(parse_body(R"({"model": "m", "input": []})")); }) == "input");
  CHECK(blamed([] { read_embedding_request(parse_body(R"({"model": "m", "input": ""})")); }) == "input");
  CHECK(blamed([] { read_embedding_request(parse_body(R"({"model": "m", "input": "a", "dimensions": 0})")); }) ==
        "dimensions");

  CHECK(read_feedback_request(parse_body(R"({"id": "x", "rating": "up"})")).rating == 5);
  CHECK(read_feedback_request(parse_body(R"({"id": "x", "correction": "better"})")).correction == "better");
  CHECK(blamed([] { read_feedback_request(parse_body(R"({"id": "x", "rating": 6})")); }) == "rating");
  CHECK(blamed([] { read_feedback_request(parse_body(R"({"id": "x"})")); }) == "rating");
}

TEST_CASE("errors have OpenAI's form") {
  const Json body = error_body(make_error(429, "rate_limit_exceeded", "Later."));
  CHECK(body.dump() ==
        R"({"error":{"message":"Later.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}})");
  CHECK(error_body(from_library(Error(Code::not_found, "a \xFF"))).dump().find("model_not_found") !=
        std::string::npos);
  CHECK(from_library(Error(Code::invalid_argument, "x")).status == 400);
  CHECK(from_library(Error(Code::busy, "x")).status == 429);
  CHECK(from_library(Error(Code::internal, "x")).status == 500);
}
