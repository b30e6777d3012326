// What differs between two sets, and what a team's sets come to.
#include <doctest/doctest.h>

#include <map>
#include <random>

#include "base/json.hpp"
#include "data/canonical.hpp"
#include "helpers.hpp"

using namespace pmtune;
using namespace data_tests;

namespace {

std::map<std::string, int> counted(const std::vector<Example>& examples) {
  std::map<std::string, int> counts;
  for (const Example& example : examples) ++counts[data::canonical_line(example)];
  return counts;
}

// `before` with the difference applied, as counts of equal examples.
std::map<std::string, int> applied(const Dataset& before, const DatasetDiff& diff) {
  std::map<std::string, int> counts = counted(before.examples());
  const auto add = [&](const Example& example, int change) {
    int& count = counts[data::canonical_line(example)];
    count += change;
    CHECK(count >= 0);
    if (count == 0) counts.erase(data::canonical_line(example));
  };
  for (const Example& example : diff.removed) add(example, -1);
  for (const ExampleEdit& edit : diff.edited) add(edit.before, -1);
  for (const ExampleEdit& edit : diff.edited) add(edit.after, 1);
  for (const Example& example : diff.added) add(example, 1);
  return counts;
}

std::string with_system(const std::string& system, const std::string& question, const std::string& answer) {
  return chat(message("system", system) + ", " + message("user", question) + ", " + message("assistant", answer));
}

}  // namespace

TEST_CASE("diff: nothing differs from itself, in whatever order") {
  const Dataset data = numbered(30);
  CHECK(data.diff(data).empty());
  CHECK(data.diff(data.shuffle(7)).empty());
  CHECK(data.diff(data).to_text() == "No difference.\n");
  CHECK(Dataset().diff(Dataset()).empty());
  const Dataset ana = Dataset::parse(R"({"prompt": "Q", "completion": "A", "author": "Ana"})");
  CHECK(ana.diff(Dataset::parse(R"({"prompt": "Q", "completion": "A"})")).empty());
}

TEST_CASE("diff: added, removed, and edited where the question is the same") {
  const Dataset before = Dataset::parse(pair("One", "1") + pair("Two", "2") + pair("Three", "3"));
  const Dataset after = Dataset::parse(pair("Three", "three") + pair("One", "1") + pair("A fourth thing", "4"));
  const DatasetDiff diff = before.diff(after);
  REQUIRE(diff.added.size() == 1);
  CHECK(diff.added[0].messages[0].content == "A fourth thing");
  REQUIRE(diff.removed.size() == 1);
  CHECK(diff.removed[0].messages[0].content == "Two");
  REQUIRE(diff.edited.size() == 1);
  CHECK(diff.edited[0].before.messages[1].content == "3");
  CHECK(diff.edited[0].after.messages[1].content == "three");
  CHECK(diff.to_text() ==
        "1 added, 1 removed, 1 edited.\n"
        "+ line 3 \"A fourth thing\"\n"
        "- line 2 \"Two\"\n"
        "~ line 1 \"Three\"\n"
        "    answer\n"
        "    - \"3\"\n"
        "    + \"three\"\n");
}

TEST_CASE("diff: of equal examples each counts") {
  const Dataset twice = Dataset::parse(good_line(1) + good_line(1));
  CHECK(twice.diff(numbered(0)).removed.size() == 2);
  CHECK(Dataset::parse(good_line(1)).diff(twice).added.size() == 1);
  CHECK(twice.diff(Dataset::parse(good_line(1))).removed.size() == 1);
}

TEST_CASE("diff: another system message in every example is an edit of each, also in a large set") {
  std::string before, after;
  for (int i = 0; i < 3000; ++i) {
    before += with_system("Be brief.", "Question " + std::to_string(i), "Answer " + std::to_string(i));
    after += with_system("Be very brief.", "Question " + std::to_string(i), "Answer " + std::to_string(i));
  }
  const DatasetDiff diff = Dataset::parse(before).diff(Dataset::parse(after));
  CHECK(diff.edited.size() == 3000);
  CHECK(diff.added.empty());
  CHECK(diff.removed.empty());
  const std::string text = diff.to_text();
  CHECK(text.find("    system message\n    - \"Be brief.\"\n    + \"Be very brief.\"\n") != std::string::npos);
  CHECK(text.find("... and 2980 more edited") != std::string::npos);
}

TEST_CASE("diff: a question put into other words is an edit when most words stayed; the most alike first") {
  const Dataset before =
      Dataset::parse(pair("Write a user story for the export of reports", "As a user I want to export reports") +
                     pair("Explain what an OKR is", "A goal with key results"));
  const Dataset after = Dataset::parse(
      pair("Write one user story for the export of all reports", "As a user I want to export reports") +
      pair("Please write one user story for the export of all big reports",
           "As a user I want to export some reports") +
      pair("Name a good metric", "Activation rate"));
  const DatasetDiff diff = before.diff(after);
  REQUIRE(diff.edited.size() == 1);
  CHECK(diff.edited[0].after.line == 1);
  CHECK(diff.added.size() == 2);
  CHECK(diff.removed.size() == 1);
  CHECK(diff.to_text().find("question\n    - \"Write a user story") != std::string::npos);
}

TEST_CASE("diff: tags, weights and lengths are told") {
  const Dataset before = Dataset::parse(R"({"prompt": "Q", "completion": "A", "tags": ["old"]})");
  const Dataset after = Dataset::parse(R"({"prompt": "Q", "completion": "A", "tags": ["new", "old"]})");
  CHECK(before.diff(after).to_text().find("    tags\n    - old\n    + new, old\n") != std::string::npos);
  const std::string turns = message("user", "a") + ", " + message("assistant", "b") + ", ";
  const Dataset longer = Dataset::parse(chat(turns + message("user", "Q") + ", " + message("assistant", "A")));
  CHECK_NOTHROW(before.diff(longer).to_text());
}

TEST_CASE("diff: texts are shown from where they differ, on one line, without the data of persons") {
  const std::string start(500, 'x');
  const Dataset before = Dataset::parse(pair("Q", start + " ä jane@acme.com old\\nend"));
  const Dataset after = Dataset::parse(pair("Q", start + " ö jane@acme.com new\\nend"));
  const std::string text = before.diff(after).to_text();
  CHECK(text.size() < 300);
  CHECK(text.find("ä") != std::string::npos);
  CHECK(text.find("jane@") == std::string::npos);
}

TEST_CASE("diff: as JSON") {
  const Dataset before = Dataset::parse(pair("One", "1"), "a.jsonl");
  const Dataset after = Dataset::parse(R"({"prompt": "One", "completion": "2", "author": "Ana"})", "b\xFF.jsonl");
  const Json json = parse_json_or_throw(before.diff(after).to_json(), "the difference");
  CHECK(json["added"].empty());
  CHECK(json["removed"].empty());
  CHECK(json["edited"][0]["before"]["messages"][1]["content"] == "1");
  CHECK(json["edited"][0]["after"]["author"] == "Ana");
  CHECK(json["edited"][0]["after"]["line"] == 1);
}

TEST_CASE("diff: applied to the first set it gives the second, whatever the two are") {
  std::mt19937 random(11);
  const auto pick = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most)); };
  const auto text = [&](int words) {
    std::string line = "w";
    for (int i = 0; i < words; ++i) line += " w" + std::to_string(pick(12));
    return line;
  };
  for (int round = 0; round < 60; ++round) {
    const auto any_set = [&] {
      std::string lines = good_line(0);
      const int count = pick(40);
      for (int i = 0; i < count; ++i)
        lines += pick(3) == 0 ? with_system(text(1), text(2), text(4)) : pair(text(1 + pick(2)), text(1 + pick(6)));
      return Dataset::parse(lines);
    };
    const Dataset before = any_set(), after = any_set();
    const DatasetDiff diff = before.diff(after);
    CHECK(applied(before, diff) == counted(after.examples()));
    CHECK(before.diff(after).to_json() == diff.to_json());
    const DatasetDiff back = after.diff(before);
    CHECK(back.added.size() + back.edited.size() == diff.removed.size() + diff.edited.size());
  }
}

TEST_CASE("team: authors are named, duplicates kept once, contradictions told") {
  const Dataset ana =
      Dataset::parse(pair("What is an OKR?", "A goal.") + pair("Name a metric", "Activation"), "ana.jsonl");
  const Dataset ben =
      Dataset::parse(R"({"prompt": "Name a metric", "completion": "Activation", "tags": ["metric"]})"
                     "\n"
                     R"({"prompt": "What is  an OKR?", "completion": "A measure.", "author": "Carla"})"
                     "\n"
                     R"({"prompt": "Say hello", "completion": "Hello!"})",
                     "ben.jsonl");
  const TeamMerge merged = Dataset::merge_team({{"Ana", ana}, {"Ben", ben}});
  REQUIRE(merged.data.size() == 4);
  CHECK(merged.data[0].author == "Ana");
  CHECK(merged.data[1].tags == std::vector<std::string>{"metric"});
  CHECK(merged.data[2].author == "Carla");
  CHECK(merged.data[3].author == "Ben");
  CHECK(merged.data[3].origin == "ben.jsonl");
  REQUIRE(merged.problems.size() == 2);
  CHECK(merged.problems[0].code == "duplicate_in_team");
  CHECK(merged.problems[0].line == 2);
  CHECK(merged.problems[0].severity == Severity::warning);
  CHECK(merged.problems[0].message ==
        "Ana (ana.jsonl line 2) and Ben (ben.jsonl line 1) wrote the same example; it is kept once.");
  CHECK(merged.problems[1].code == "contradiction_in_team");
  CHECK(merged.problems[1].line == 3);
  CHECK(
      merged.problems[1].message ==
      "Ana (ana.jsonl line 1) and Carla (ben.jsonl line 2) answer \"What is  an OKR?\" differently; both answers are "
      "kept.");
}

TEST_CASE("team: one person alone, and the edges") {
  const Dataset ana = Dataset::parse(pair("Q", "1") + pair("Q", "2") + pair("Q", "1"), "ana.jsonl");
  const TeamMerge merged = Dataset::merge_team({{"Ana", ana}});
  CHECK(merged.data.size() == 2);
  REQUIRE(merged.problems.size() == 1);  // two answers of one person are what `check` tells
  CHECK(merged.problems[0].message ==
        "Ana (ana.jsonl line 1) and again ana.jsonl line 3 hold the same example; it is kept once.");
  const Dataset plain = Dataset::parse(pair("Q", "1")), briefed = Dataset::parse(with_system("Be brief.", "Q", " 1"));
  const TeamMerge under_another_system = Dataset::merge_team({{"Ana", plain}, {"Ben", briefed}});
  CHECK(under_another_system.data.size() == 2);
  CHECK(under_another_system.problems.empty());
  CHECK(Dataset::merge_team({}).data.empty());
  CHECK_THROWS_AS(Dataset::merge_team({{"", ana}}), Error);
  CHECK_THROWS_AS(Dataset::merge_team({{"\xFF", ana}}), Error);
}

TEST_CASE("authors: read in every form, written, and not part of the hash") {
  const std::string messages =
      R"("messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}])";
  for (const std::string& line : {"{" + messages + R"(, "author": "Ana"})",
                                  std::string(R"({"author": "Ana", "prompt": "Q", "completion": "A"})"),
                                  std::string(R"({"instruction": "Q", "output": "A", "author": "Ana"})")}) {
    const Dataset data = Dataset::parse(line);
    CHECK(data[0].author == "Ana");
    CHECK(data.hash() == Dataset::parse("{" + messages + "}").hash());
    CHECK(data.to_jsonl().ends_with(",\"author\":\"Ana\"}\n"));
    CHECK(Dataset::parse(data.to_jsonl())[0].author == "Ana");
    CHECK(check(line + "\n").problems.size() == 1);  // too few examples, and nothing about the key
  }
  CHECK(Dataset::parse("{" + messages + R"(, "author": null})")[0].author.empty());
  CHECK(complaint("{" + messages + R"(, "author": 3})") ==
        "examples.jsonl line 1: \"author\" is a number, but must be a text in quotes; write it like \"author\": "
        "\"Ana\".");
}
