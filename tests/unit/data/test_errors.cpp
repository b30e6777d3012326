// Every error: its code, its line, and for the common ones its very words.
#include <doctest/doctest.h>

#include "helpers.hpp"

using namespace pmtune;
using namespace data_tests;
using Lines = std::vector<std::int64_t>;

namespace {

// The lines on which a faulty second line makes check() report `code`.
Lines second(const std::string& line, const std::string& code) {
  return lines_of(good_line(1) + line + "\n" + good_line(2), code);
}

const std::string question = message("user", "Q");
const std::string answer = message("assistant", "A");

}  // namespace

TEST_CASE("errors: each code stands on its line") {
  CHECK(second("{\"messages\": [", "invalid_json") == Lines{2});
  CHECK(second("{\"prompt\": \"gr\xFCn\", \"completion\": \"x\"}", "encoding") == Lines{2});
  CHECK(second("[1, 2]", "data_type") == Lines{2});
  CHECK(second("\"text\"", "data_type") == Lines{2});
  CHECK(second("{\"messages\": \"text\"}", "data_type") == Lines{2});
  CHECK(second(chat("1, " + answer), "data_type") == Lines{2});
  CHECK(second(chat("{\"role\": \"user\", \"content\": [1]}, " + answer), "data_type") == Lines{2});
  CHECK(second(chat(question + ", {\"role\": \"assistant\", \"content\": \"A\", \"weight\": 0.5}"), "data_type") ==
        Lines{2});
  CHECK(second("{\"prompt\": 1, \"completion\": \"x\"}", "data_type") == Lines{2});
  CHECK(second("{\"prompt\": \"x\", \"completion\": \"x\", \"tags\": [1]}", "data_type") == Lines{2});
  CHECK(second("{\"text\": \"x\"}", "missing_messages_list") == Lines{2});
  CHECK(second("{}", "missing_messages_list") == Lines{2});
  CHECK(second("{\"messages\": []}", "missing_messages_list") == Lines{2});
  CHECK(second(chat("{\"role\": \"user\"}, " + answer), "message_missing_key") == Lines{2});
  CHECK(second(chat("{\"content\": \"x\"}, " + answer), "message_missing_key") == Lines{2});
  CHECK(second("{\"prompt\": \"x\"}", "message_missing_key") == Lines{2});
  CHECK(second("{\"instruction\": \"x\"}", "message_missing_key") == Lines{2});
  CHECK(second(chat("{\"role\": \"user\", \"content\": \"x\", \"colour\": 1}, " + answer),
               "message_unrecognized_key") == Lines{2});
  CHECK(second(chat(message("human", "Q") + ", " + answer), "unrecognized_role") == Lines{2});
  CHECK(second(chat(message("user", " ") + ", " + answer), "missing_content") == Lines{2});
  CHECK(second(chat("{\"role\": \"user\", \"content\": null}, " + answer), "missing_content") == Lines{2});
  CHECK(second(chat(question), "example_missing_assistant_message") == Lines{2});
  CHECK(second(chat(question + ", {\"role\": \"assistant\", \"content\": \"A\", \"weight\": 0}"),
               "example_missing_assistant_message") == Lines{2});
  CHECK(second(chat(question + ", " + message("assistant", "\\n ")), "empty_answer") == Lines{2});
  CHECK(second("{\"prompt\": \"x\", \"completion\": \"\"}", "empty_answer") == Lines{2});
  CHECK(second(chat(answer), "missing_user") == Lines{2});
  CHECK(lines_of("", "empty_file") == Lines{0});
  CHECK(lines_of("\n \n", "empty_file") == Lines{0});
}

TEST_CASE("errors: the order of the messages") {
  const std::string system = message("system", "S");
  CHECK(second(chat(system + ", " + question + ", " + answer), "role_order").empty());
  CHECK(second(chat(question + ", " + answer + ", " + question + ", " + answer), "role_order").empty());
  CHECK(second(chat(question + ", " + system + ", " + answer), "role_order") == Lines{2});
  CHECK(second(chat(system + ", " + system + ", " + question + ", " + answer), "role_order") == Lines{2});
  CHECK(second(chat(question + ", " + question + ", " + answer), "role_order") == Lines{2});
  CHECK(second(chat(question + ", " + answer + ", " + answer), "role_order") == Lines{2});
  CHECK(second(chat(answer + ", " + question + ", " + answer), "role_order") == Lines{2});
  CHECK(second(chat(system + ", " + answer + ", " + question + ", " + answer), "role_order") == Lines{2});
  CHECK(second(chat(question + ", " + answer + ", " + question), "role_order") == Lines{2});
}

TEST_CASE("errors: the sentences of load") {
  const std::string six = good_lines(6);
  CHECK(complaint(six + chat(question + ", " + answer + ", " + question)) ==
        "examples.jsonl line 7: the last message is from \"user\", but an example must end with the assistant's "
        "answer; add the "
        "answer or remove the line.");
  CHECK(complaint(chat(question)) ==
        "examples.jsonl line 1: no message is from the \"assistant\", so there is no answer to learn; add the answer "
        "or remove the line.");
  CHECK(complaint(chat(message("human", "Q") + ", " + answer)) ==
        "examples.jsonl line 1: message 1 has the role \"human\"; known are \"system\", \"user\" and \"assistant\"; "
        "change it to \"user\".");
  CHECK(complaint("{\"prompt\": \"x\", \"completion\": \" \"}") ==
        "examples.jsonl line 1: the answer in message 2 is empty; write the answer that the model should give, or "
        "remove the line.");
  CHECK(complaint("{\"prompt\": \"x\", \"completion\" \"y\"}") ==
        "examples.jsonl line 1: it cannot be read at column 30, near “: \"x\", \"completion\" \"y\"}”: a colon is "
        "missing after a "
        "key; correct it there, or remove the line.");
  CHECK(complaint("") ==
        "examples.jsonl: the file holds no examples; write one example on each line; 20 to 100 make a good start.");
  CHECK(
      complaint("{\"message\": []}") ==
      "examples.jsonl line 1: there is no \"messages\" here, only \"message\"; rename \"message\" to \"messages\".");
}

TEST_CASE("errors: cures fit the mistake") {
  const auto fix = [](const std::string& line) { return check(line).problems.at(0).fix; };
  CHECK(fix("{'prompt': 'x'}") == "Put keys and texts in double quotes \" instead of single ones '.");
  CHECK(fix("{“prompt”: “x”}") == "Replace the curly quotes by straight ones: \".");
  CHECK(fix("{\"prompt\": \"x\", \"completion\": \"y\"},") == "Remove the comma at the end of the line.");
  CHECK(fix("Q: what? A: that.").find("Write it like {\"messages\"") == 0);
  CHECK(fix("{\"frage\": \"x\", \"antwort\": \"y\"}") ==
        "Call the question \"prompt\" and the answer \"completion\".");
  CHECK(fix(chat(message("bot", "x"))) == "Change it to \"assistant\".");
  CHECK(fix(chat(message("User", "x"))) == "Change it to \"user\".");
  CHECK(fix(chat(message("tool", "x"))) == "Remove the line: calls of tools cannot be taught yet.");
  CHECK(fix(chat("{\"role\": \"user\", \"contents\": \"x\"}, " + answer)) == "Rename it to \"content\".");
}

TEST_CASE("errors: all of a line are reported, in order of lines") {
  const DatasetReport report = check(chat(message("human", "") + ", " + message("bot", "")) + good_line() +
                                     chat("{\"role\": \"user\"}, {\"content\": 5}"));
  std::vector<std::string> found;
  for (const Problem& problem : report.problems)
    if (problem.severity == Severity::error) found.push_back(std::to_string(problem.line) + " " + problem.code);
  CHECK(found == std::vector<std::string>{"1 unrecognized_role", "1 unrecognized_role", "1 missing_content",
                                          "1 missing_content", "3 message_missing_key", "3 message_missing_key",
                                          "3 data_type"});
  CHECK_FALSE(report.ok());
  CHECK(report.stats.lines == 3);
  CHECK(report.stats.examples == 1);
}

TEST_CASE("errors: a file of broken lines stays readable") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "broken\n";
  const auto problems = problems_of(text, "invalid_json");
  REQUIRE(problems.size() == 51);
  CHECK(problems.back().line == 51);
  CHECK(problems.back().message == "And 950 more like this, the last in line 1000.");
  CHECK(problems.back().severity == Severity::error);
}

TEST_CASE("errors: an excerpt never shows a whole secret") {
  const DatasetReport report = check("jane.miller@acme.com \n");
  CHECK(report.problems.at(0).message.find("jane.miller") == std::string::npos);
  CHECK(report.problems.at(0).message.find("j***@***.com") != std::string::npos);
}

TEST_CASE("errors: nor does an excerpt that begins or ends inside it") {
  const std::string secret = "jane.miller@acme.com";
  for (std::size_t before = 0; before < 60; ++before) {
    for (const std::string& after : {std::string(), std::string("\"}"), std::string(" and more")}) {
      const std::string line = "{\"prompt\": \"" + std::string(before, 'x') + " " + secret + " \" 5" + after;
      for (const std::string& text : {line, line.substr(12), secret + line}) {
        const DatasetReport report = check(text);
        for (const Problem& problem : report.problems) REQUIRE(problem.message.find(secret) == std::string::npos);
      }
    }
  }
}

TEST_CASE("skip: faulty lines are left out, faulty files are not") {
  LoadOptions skip;
  skip.on_error = "skip";
  const Dataset data = Dataset::parse(good_line(1) + "broken\n" + good_line(2) + chat(question), "x", skip);
  CHECK(questions_of(data) == std::vector<std::string>{"Question 1", "Question 2"});
  CHECK(data[1].line == 3);
  CHECK_THROWS_AS(Dataset::parse("", "x", skip), Error);
  CHECK_THROWS_AS(Dataset::parse("\xFF\xFEx", "x", skip), Error);
  CHECK_THROWS_WITH_AS(
      Dataset::parse(chat(question), "x.jsonl", skip),
      "None of the examples can be used, the first because of this: x.jsonl line 1: no message is from the "
      "\"assistant\", so there is no answer to learn; add the answer or remove the line.",
      Error);
}
