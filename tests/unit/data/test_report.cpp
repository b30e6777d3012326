// The report as a person reads it and as a program reads it.
#include <doctest/doctest.h>

#include <sstream>

#include "base/json.hpp"
#include "helpers.hpp"

using namespace pmtune;
using namespace data_tests;

#ifndef PMTUNE_SOURCE_DIR
#define PMTUNE_SOURCE_DIR "."
#endif

namespace {

DatasetReport named(DatasetReport report) {
  report.path = "examples.jsonl";
  return report;
}

}  // namespace

TEST_CASE("report: nothing to say") {
  CHECK(named(check(good_lines(20))).to_text() ==
        "examples.jsonl: ready for training, nothing to remark.\n"
        "20 usable examples in 20 lines (chat, JSONL), 20 answers of 2 to 2 words, half of them up to 2.\n");
}

TEST_CASE("report: errors first, equal ones together") {
  const std::string lonely = chat(message("user", "Q"));
  CHECK(named(check(good_line() + lonely + lonely + "{\"prompt\": \"x\", \"completion\": \"\"}\n" + lonely))
            .to_text() ==
        "examples.jsonl: not ready for training.\n"
        "1 usable example in 5 lines (chat, JSONL), 1 answer of 2 to 2 words, half of them up to 2.\n"
        "\n"
        "To mend before training\n"
        "  lines 2, 3 and 5: No message is from the \"assistant\", so there is no answer to learn.\n"
        "      -> Add the answer or remove the line.\n"
        "  line 4: The answer in message 2 is empty.\n"
        "      -> Write the answer that the model should give, or remove the line.\n"
        "\n"
        "To think about\n"
        "  whole file: There is only 1 usable example; below 20 the model seldom learns enough.\n"
        "      -> Add 19 or more.\n");
}

TEST_CASE("report: one screen, however bad the file") {
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text +=
        i % 3 == 0 ? "{\"a" + std::to_string(i) + "\n" : pair("q", "mail me: jane" + std::to_string(i) + "@acme.com");
  std::ostringstream out;
  out << check(text);
  const std::string shown = out.str();
  CHECK(std::count(shown.begin(), shown.end(), '\n') < 75);
  std::istringstream lines(shown);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() < 118);
}

TEST_CASE("report: as JSON") {
  const DatasetReport report = named(check(good_line() + "broken\n"));
  const Json json = parse_json_or_throw(report.to_json(), "the report");
  CHECK(json["ok"] == false);
  CHECK(json["path"] == "examples.jsonl");
  CHECK(json["stats"]["lines"] == 2);
  CHECK(json["stats"]["examples"] == 1);
  CHECK(json["stats"]["turns"] == 1);
  CHECK(json["stats"]["format"] == "chat");
  REQUIRE(json["problems"].size() == report.problems.size());
  for (const Json& problem : json["problems"])
    for (const char* key : {"line", "severity", "code", "message", "fix"}) CHECK(problem.contains(key));
  DatasetReport odd;
  odd.path = "\xFF";
  CHECK_NOTHROW(odd.to_json());
}

TEST_CASE("report: the examples of this project") {
  const std::string folder = std::string(PMTUNE_SOURCE_DIR) + "/examples/";
  CHECK(Dataset::check(folder + "dataset.jsonl").ok());
  const DatasetReport broken = Dataset::check(folder + "broken.jsonl");
  CHECK_FALSE(broken.ok());
  CHECK(broken.problems.size() >= 10);
  CHECK(broken.stats.examples == 7);
  const std::string text = broken.to_text();
  CHECK(std::count(text.begin(), text.end(), '\n') <= 45);
}

TEST_CASE("report: numbers for the whole set") {
  const DatasetStats stats = check(chat(message("user", "a") + "," +
                                        "{\"role\":\"assistant\",\"content\":\"not taught at all\",\"weight\":0}," +
                                        message("user", "b") + "," + message("assistant", "one two")) +
                                   pair("c", "one") + pair("d", "one two three four"))
                                 .stats;
  CHECK(stats.lines == 3);
  CHECK(stats.examples == 3);
  CHECK(stats.turns == 3);
  CHECK(stats.answer_words_least == 1);
  CHECK(stats.answer_words_median == 2);
  CHECK(stats.answer_words_most == 4);
}
