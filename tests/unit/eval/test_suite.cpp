#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <pmtune/error.hpp>
#include <set>
#include <sstream>
#include <string>

#include "base/ascii.hpp"
#include "base/atomic_file.hpp"
#include "base/json.hpp"
#include "base/markdown.hpp"
#include "eval/suite.hpp"

using namespace pmtune;
using namespace pmtune::eval;

namespace {

std::string message_of(const std::string& suite) {
  try {
    parse_suite(suite, "mine.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

struct HouseAnswer {
  std::string question, text, genre;
};

// Every answer of the example data, with the genre that its tags give it.
std::vector<HouseAnswer> house_answers() {
  std::vector<HouseAnswer> answers;
  std::istringstream lines(read_text_file(std::string(PMTUNE_SOURCE_DIR) + "/examples/dataset.jsonl"));
  for (std::string line; std::getline(lines, line);) {
    const Json example = parse_json_or_throw(line, "an example");
    std::size_t turn = 0;
    std::string question;
    for (const Json& message : example["messages"]) {
      if (message["role"] == "user") question = message["content"];
      if (message["role"] != "assistant") continue;
      answers.push_back({question, message["content"], example["tags"].size() > turn ? example["tags"][turn] : ""});
      ++turn;
    }
  }
  return answers;
}

std::set<std::string> words_of(const std::string& text) {
  std::set<std::string> words;
  std::istringstream in(ascii_lower(text));
  for (std::string word; in >> word;)
    if (word.size() > 3) words.insert(word);
  return words;
}

}  // namespace

TEST_CASE("the built-in suite: four categories of three, with the guide's prompts first") {
  const auto prompts = product_management_suite();
  REQUIRE(prompts.size() == 12);
  std::map<std::string, int> categories;
  std::set<std::string> ids, texts;
  for (const EvalPrompt& prompt : prompts) {
    ++categories[prompt.category];
    ids.insert(prompt.id);
    texts.insert(prompt.prompt);
    CHECK(prompt.checks.size() >= 5);
  }
  CHECK(ids.size() == 12);
  CHECK(categories.size() == 4);
  for (const auto& [category, count] : categories) CHECK(count == 3);
  for (const char* prompt :
       {"Write a user story for password reset functionality", "Explain the difference between OKRs and KPIs",
        "We're 2 weeks behind schedule. Write a stakeholder update.",
        "Suggest 5 ways to improve user onboarding for a SaaS product"})
    CHECK(texts.count(prompt) == 1);
}

TEST_CASE("no built-in prompt is near a question of the example data") {
  for (const EvalPrompt& prompt : product_management_suite())
    for (const HouseAnswer& example : house_answers()) {
      const auto ours = words_of(prompt.prompt), theirs = words_of(example.question);
      std::size_t shared = 0;
      for (const std::string& word : ours) shared += theirs.count(word);
      CAPTURE(prompt.prompt);
      CAPTURE(example.question);
      CHECK(static_cast<double>(shared) / static_cast<double>(ours.size() + theirs.size() - shared) < 0.4);
    }
}

TEST_CASE("the house style passes its own checks") {
  const std::map<std::string, std::string> suite_of{{"user-story", "format-1"},
                                                    {"stakeholder-update", "context-1"},
                                                    {"concept", "knowledge-1"},
                                                    {"suggestions", "creative-1"}};
  // Of the question asked, not of the style: the terms, the number of ideas.
  const std::set<std::string> of_the_question{"speaks of OKR", "speaks of KPI", "5 ideas",
                                              "each idea has a bold name", "each idea has a metric"};
  int checked = 0;
  for (const HouseAnswer& answer : house_answers()) {
    const auto suite_id = suite_of.find(answer.genre);
    if (suite_id == suite_of.end()) continue;
    for (const EvalPrompt& prompt : product_management_suite()) {
      if (prompt.id != suite_id->second) continue;
      for (const FormatCheck& check : prompt.checks) {
        const bool asked_short = answer.question.rfind("short ", 0) == 0;  // one criterion is right there
        if (of_the_question.count(check.label) || (asked_short && check.label == "acceptance criteria")) continue;
        const CheckResult result = run_check(check, answer.text);
        CAPTURE(answer.question);
        CAPTURE(check.label);
        CAPTURE(result.note);
        CHECK(result.passed);
        ++checked;
      }
    }
  }
  CHECK(checked > 50);
}

TEST_CASE("ideas: name and metric are asked of each") {
  const std::string two = "1. **A** \xE2\x80\x93 x. Metric: m.\n2. **B** \xE2\x80\x93 y. Metric: n.\n";
  for (const EvalPrompt& prompt : product_management_suite()) {
    if (prompt.id != "creative-3") continue;
    for (const FormatCheck& check : prompt.checks) {
      if (check.label.rfind("each idea", 0) != 0 && check.label != "3 ideas") continue;
      CAPTURE(check.label);
      CHECK_FALSE(run_check(check, two).passed);
      CHECK(run_check(check, two + "3. **C** \xE2\x80\x93 z. Metric: o.\n").passed);
    }
  }
}

TEST_CASE("a suite from a file") {
  const auto prompts = parse_suite(R"({"prompts": [
    {"id": "a", "prompt": "Why?"},
    {"id": "b", "category": "Mine", "prompt": "How?", "checks": [{"kind": "words", "least": 3, "most": 9}, {"kind": "contains", "label": "L", "text": "x"}]}]})",
                                   "mine.json");
  REQUIRE(prompts.size() == 2);
  CHECK(prompts[0].checks.empty());
  CHECK(prompts[1].category == "Mine");
  REQUIRE(prompts[1].checks.size() == 2);
  CHECK(prompts[1].checks[0].label == "words");
  CHECK(prompts[1].checks[0].most == 9);
}

TEST_CASE("a faulty suite names the place and the cure") {
  CHECK(message_of("{").find("line 1") != std::string::npos);
  CHECK(message_of("[]").find("JSON object") != std::string::npos);
  CHECK(message_of(R"({"prompts": []})").find("no prompts") != std::string::npos);
  CHECK(message_of(R"({"prompts": [{"id": "a"}]})").find("prompt 1 in the suite mine.json lacks \"prompt\"") !=
        std::string::npos);
  CHECK(message_of(R"({"prompts": [{"id": "a", "promt": "x"}]})").find("Did you mean \"prompt\"?") !=
        std::string::npos);
  CHECK(message_of(R"({"prompts": [{"id": "a", "prompt": "x"}, {"id": "a", "prompt": "y"}]})").find("two prompts") !=
        std::string::npos);
  CHECK(message_of(R"({"prompts": [{"id": "a", "prompt": "  "}]})").find("empty") != std::string::npos);
  CHECK(message_of(R"({"prompts": [{"id": "a", "prompt": "x", "checks": [{"kind": "pattern", "text": "["}]}]})")
            .find("regular expression") != std::string::npos);
  CHECK(message_of(R"({"prompts": [{"id": 5, "prompt": "x"}]})").find("must be a text") != std::string::npos);
  CHECK(message_of(R"({"prompts": [{"id": "a", "prompt": "x", "checks": [{"kind": "words", "least": 1.5}]}]})")
            .find("whole number") != std::string::npos);
}

TEST_CASE("an unknown suite is not found, with a hint") {
  try {
    load_suite("product-managment");
    FAIL("must throw");
  } catch (const Error& error) {
    CHECK(error.code() == Code::not_found);
    CHECK(std::string(error.what()).find("Did you mean \"product-management\"?") != std::string::npos);
  }
}
