// What examples ask for, answers that differ in form, and what stands in two sets.
#include <doctest/doctest.h>

#include "helpers.hpp"

using namespace pmtune;
using namespace data_tests;

namespace {

std::string story(int number, const std::string& answer) {
  static const char* topics[] = {"login", "billing", "search", "export", "sharing", "alerts", "import", "audit"};
  return pair("Write a user story about " + std::string(topics[number % 8]) + " number " + std::to_string(number),
              answer);
}

std::string tagged(const std::string& line, const std::string& tag) {
  return line.substr(0, line.rfind('}')) + ", \"tags\": [\"" + tag + "\"]}\n";
}

std::string plan(int number) {
  return "## Story\\n\\nText " + std::to_string(number * 7919) + " of its own\\n\\n## Acceptance criteria\\n\\n- one";
}

}  // namespace

TEST_CASE("tasks: an answer whose form differs from the others of its task") {
  std::string text;
  for (int i = 0; i < 8; ++i) text += story(i, i == 5 ? "Just a sentence " + std::to_string(i) : plan(i));
  const std::vector<Problem> found = problems_of(text, "answer_form_differs");
  REQUIRE(found.size() == 1);
  CHECK(found[0].line == 6);
  CHECK(found[0].message ==
        "Most answers about \"user story\" have the heading \"Story\" and the heading \"Acceptance criteria\" and "
        "more, but "
        "this one has not.");
  std::string by_tag;
  for (int i = 0; i < 6; ++i) by_tag += tagged(pair("Q" + std::to_string(i), i == 2 ? "plain" : plan(i)), "prd");
  CHECK(lines_of(by_tag, "answer_form_differs") == std::vector<std::int64_t>{3});
}

TEST_CASE("tasks: different tasks may have different forms, few examples have none") {
  std::string text;
  for (int i = 0; i < 6; ++i) text += tagged(pair("A" + std::to_string(i), plan(i)), "prd");
  for (int i = 0; i < 6; ++i)
    text += tagged(pair("B" + std::to_string(i), "A short answer " + std::to_string(i)), "update");
  CHECK(problems_of(text, "answer_form_differs").empty());
  std::string few;
  for (int i = 0; i < 4; ++i) few += story(i, i == 1 ? "plain" : plan(i));
  CHECK(problems_of(few, "answer_form_differs").empty());
}

TEST_CASE("tasks: rare tasks beside frequent ones") {
  std::string text;
  for (int i = 0; i < 15; ++i) text += tagged(pair("A" + std::to_string(i), "x"), "user-story");
  for (int i = 0; i < 2; ++i) text += tagged(pair("B" + std::to_string(i), "x"), "release-note");
  CHECK(problems_of(text, "unbalanced_tasks").at(0).message ==
        "There are 15 examples about \"user-story\", but only 2 about \"release-note\".");
  for (int i = 2; i < 5; ++i) text += tagged(pair("B" + std::to_string(i), "x"), "release-note");
  CHECK(problems_of(text, "unbalanced_tasks").empty());
  std::string untagged;
  for (int i = 0; i < 16; ++i) untagged += story(i, "x");
  for (int i = 0; i < 3; ++i) untagged += pair("Draft a release note for version " + std::to_string(i), "x");
  CHECK(problems_of(untagged, "unbalanced_tasks").at(0).message ==
        "There are 16 examples about \"user story\", but only 3 about \"release note\".");
}

TEST_CASE("near duplicates: reported with line and likeness") {
  const std::string answer =
      "As an analyst I want to save my filters so that I need not set them again each morning before work";
  const std::string text = pair("Write a story about filters", answer) +
                           pair("Something else", "Entirely different words here") +
                           pair("Write a story about filters", answer + " begins");
  CHECK(problems_of(text, "near_duplicate").empty());  // the same question is told already
  const std::string reworded =
      pair("Write a story about filters", answer) + pair("Write one story about filters", answer);
  const std::vector<Problem> found = problems_of(reworded, "near_duplicate");
  REQUIRE(found.size() == 1);
  CHECK(found[0].line == 2);
  CHECK(found[0].message.find("nearly the same as line 1 (8") != std::string::npos);
}

TEST_CASE("leaks: what is taught and tested") {
  const std::string answer =
      "As an analyst I want to save my filters so that I need not set them again each morning before work";
  const TempFile training(pair("Q1", answer) + pair("Q2", "Another one") +
                          pair("Q3", "Its own words, and none of the others"));
  const Dataset held_out =
      Dataset::parse(pair("Q2", "Not the same answer") + pair("Q9", answer + " begins"), "held.jsonl");
  std::vector<std::int64_t> lines;
  std::vector<std::string> messages;
  for (const Problem& problem : Dataset::check(training.path(), held_out).problems)
    if (problem.code == "leaks_into_held_out") lines.push_back(problem.line), messages.push_back(problem.message);
  CHECK(lines == std::vector<std::int64_t>{1, 2});
  REQUIRE(messages.size() == 2);
  CHECK(messages[0] == "It says nearly the same as line 2 of held.jsonl, which is held out.");
  CHECK(messages[1] == "Its question also stands in line 1 of held.jsonl, which is held out.");
  CHECK(problems_of(good_lines(3), "leaks_into_held_out").empty());
}
