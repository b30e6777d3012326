// Calls of tools in what models write: found whole, whatever pieces they come in; and nothing else is taken for one.
#include <doctest/doctest.h>

#include "serve/tool_calls.hpp"

using namespace pmtune;
using namespace pmtune::serve;

namespace {

struct Found {
  std::string text;
  std::string calls;  // "name arguments" each
};

Found read(CallForm form, const std::string& answer, std::size_t piece, bool began = false, bool one = false) {
  ToolCallReader reader(form, {{"weather", Json::object()}, {"time", Json::object()}}, began, one);
  Found found;
  const auto take = [&](const std::vector<ToolCallReader::Piece>& pieces) {
    for (const auto& part : pieces) {
      found.text += part.text;
      if (part.call) found.calls += part.call->name + " " + part.call->arguments + ";";
    }
  };
  for (std::size_t at = 0; at < answer.size(); at += piece) take(reader.add(answer.substr(at, piece)));
  take(reader.finish());
  CHECK(reader.has_calls() == !found.calls.empty());
  return found;
}

void check(CallForm form, const std::string& answer, const std::string& text, const std::string& calls,
           bool began = false, bool one = false) {
  CAPTURE(answer);
  for (const std::size_t piece : {1, 2, 3, 7, 1000}) {
    CAPTURE(piece);
    const Found found = read(form, answer, piece, began, one);
    CHECK(found.text == text);
    CHECK(found.calls == calls);
  }
}

}  // namespace

TEST_CASE("tagged calls") {
  const auto form = CallForm::tagged;
  const std::string call = R"(<tool_call>
{"name": "weather", "arguments": {"city": "Bern"}}
</tool_call>)";
  check(form, call, "", R"(weather {"city":"Bern"};)");
  check(form, "Let me look.\n" + call, "Let me look.", R"(weather {"city":"Bern"};)");
  check(form, call + "\n" + call, "", R"(weather {"city":"Bern"};weather {"city":"Bern"};)");
  check(form, call + "\n" + call, "", R"(weather {"city":"Bern"};)", false, true);
  check(form, R"(<tool_call>{"name": "time", "arguments": {}})", "", "time {};");  // the stop token ended it
  check(form, R"(<tool_call>{"name": "time", "arguments": {"a": "</tool_call>"}}</tool_call>)", "",
        R"(time {"a":"</tool_call>"};)");
  check(form, "a < b and <tool> \n", "a < b and <tool> \n", "");
  check(form, "x <tool_call>nonsense</tool_call>", "x<tool_call>nonsense</tool_call>", "");
  check(form, R"({"name": "weather", "arguments": {"city": "Bern"}}</tool_call>)", "", R"(weather {"city":"Bern"};)",
        true);
  check(form, "sorry", "<tool_call>sorry", "", true);
}

TEST_CASE("bare calls") {
  const auto form = CallForm::bare;
  check(form, R"({"name": "weather", "parameters": {"city": "Bern"}})", "", R"(weather {"city":"Bern"};)");
  check(form, R"(<|python_tag|>{"name": "time", "parameters": {}})", "", "time {};");
  check(form, R"([TOOL_CALLS] [{"name": "time", "arguments": {}}, {"name": "weather", "arguments": {"a": 1}}])", "",
        R"(time {};weather {"a":1};)");
  check(form, R"({"name": "unknown", "parameters": {}})", R"({"name": "unknown", "parameters": {}})", "");
  check(form, R"({"answer": 42})", R"({"answer": 42})", "");
  check(form, "{ this is text", "{ this is text", "");
  check(form, "Plain words {\"name\": \"time\"}", "Plain words {\"name\": \"time\"}", "");
  check(form, "", "", "");
}

TEST_CASE("the schema of a call that must be made") {
  ChatRequest request;
  request.tools = {{"weather", Json::parse(R"({"type": "object", "properties": {"city": {"type": "string"}}})")},
                   {"time", Json::object()}};
  const Json any = schema_of_call(request, CallForm::tagged);
  CHECK(any["anyOf"].size() == 2);
  CHECK(any["anyOf"][1]["properties"]["arguments"]["type"] == "object");
  request.only_tool = "weather";
  const Json one = schema_of_call(request, CallForm::bare);
  CHECK(one["properties"]["name"]["const"] == "weather");
  CHECK(one["properties"]["parameters"]["properties"]["city"]["type"] == "string");
  CHECK(one["required"] == Json::array({"name", "parameters"}));
}

TEST_CASE("the form of calls is seen in the prompt") {
  CHECK(call_form("... within <tool_call></tool_call> tags") == CallForm::tagged);
  CHECK(call_form("Respond in the format {\"name\": function name, \"parameters\": ...}") == CallForm::bare);
}
