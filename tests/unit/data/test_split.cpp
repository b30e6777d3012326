// Parts of a dataset: disjoint, complete, of the promised size, and the same every time.
#include <doctest/doctest.h>

#include <cmath>
#include <set>

#include "data/random.hpp"
#include "helpers.hpp"

using namespace pmtune;
using namespace data_tests;

namespace {

std::vector<std::string> joined(const std::pair<Dataset, Dataset>& parts) {
  std::vector<std::string> all = questions_of(parts.first);
  for (const std::string& question : questions_of(parts.second)) all.push_back(question);
  return sorted(all);
}

}  // namespace

TEST_CASE("random: the same numbers on every machine") {
  data::Random random(0);  // the published sequence of SplitMix64 for seed 0
  CHECK(random.next() == 0xE220A8397B1DCDAFu);
  CHECK(random.next() == 0x6E789E6AA1B965F4u);
  CHECK(random.next() == 0x06C45D188009454Fu);
  CHECK(data::shuffled_order(8, 0) == data::shuffled_order(8, 0));
  CHECK(data::shuffled_order(0, 1).empty());
}

TEST_CASE("random: every order is about equally likely") {
  int first[6] = {};
  for (std::uint64_t seed = 0; seed < 6000; ++seed) ++first[data::shuffled_order(6, seed)[0]];
  for (const int count : first) {
    CHECK(count > 850);
    CHECK(count < 1150);
  }
}

TEST_CASE("split: sizes, disjoint and complete, for 1 to 60 examples") {
  for (int count = 1; count <= 60; ++count) {
    const Dataset data = numbered(count);
    for (const double fraction : {0.0, 0.001, 0.1, 0.25, 0.5, 0.9, 0.999}) {
      CAPTURE(count);
      CAPTURE(fraction);
      if (count < 2 && fraction > 0) {
        CHECK_THROWS_AS(data.split(fraction), Error);
        continue;
      }
      const auto parts = data.split(fraction, 7);
      const auto wanted = static_cast<std::size_t>(std::llround(count * fraction));
      const std::size_t expected =
          fraction == 0 ? 0 : std::min<std::size_t>(std::max<std::size_t>(wanted, 1), data.size() - 1);
      REQUIRE(parts.second.size() == expected);
      REQUIRE(joined(parts) == sorted(questions_of(data)));
      REQUIRE(data.split(fraction, 7).second.hash() == parts.second.hash());
    }
  }
}

TEST_CASE("split: the seed decides, the order of the file stays") {
  const Dataset data = numbered(40);
  std::set<std::string> held_out;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Dataset part = data.split(0.2, seed).second;
    held_out.insert(part.hash());
    for (std::size_t i = 1; i < part.size(); ++i) CHECK(part[i - 1].line < part[i].line);
  }
  CHECK(held_out.size() == 10);
}

TEST_CASE("split: what cannot be done") {
  const Dataset data = numbered(10);
  for (const double fraction : {-0.1, 1.0, 1.5, std::nan("")}) CHECK_THROWS_AS(data.split(fraction), Error);
  CHECK_THROWS_AS(Dataset().split(0.1), Error);
  CHECK(Dataset().split(0).first.empty());
  CHECK_THROWS_WITH_AS(data.split(1),
                       "The part to hold out is 1; it must be at least 0 and below 1, for example 0.1.", Error);
}

TEST_CASE("folds: every example is held out once") {
  for (int count = 2; count <= 30; ++count) {
    const Dataset data = numbered(count);
    for (std::size_t folds = 2; folds <= data.size(); folds += 3) {
      std::vector<std::string> held_out;
      for (const auto& parts : data.folds(folds, 3)) {
        REQUIRE(joined(parts) == sorted(questions_of(data)));
        REQUIRE(parts.second.size() >= data.size() / folds);
        REQUIRE(parts.second.size() <= data.size() / folds + 1);
        for (const std::string& question : questions_of(parts.second)) held_out.push_back(question);
      }
      REQUIRE(sorted(held_out) == sorted(questions_of(data)));
    }
  }
  CHECK_THROWS_AS(numbered(5).folds(1), Error);
  CHECK_THROWS_AS(numbered(5).folds(6), Error);
  CHECK_THROWS_AS(Dataset().folds(2), Error);
}

TEST_CASE("sample and shuffle") {
  const Dataset data = numbered(30);
  CHECK(data.sample(30, 1).hash() == data.hash());
  CHECK(data.sample(0).empty());
  const Dataset five = data.sample(5, 2);
  CHECK(five.size() == 5);
  CHECK(std::set<std::string>{}.size() == 0);
  CHECK(data.sample(5, 2).hash() == five.hash());
  CHECK(data.sample(5, 3).hash() != five.hash());
  CHECK_THROWS_AS(data.sample(31), Error);
  CHECK(data.shuffle(1).hash() != data.hash());
  CHECK(data.shuffle(1).hash() == data.shuffle(1).hash());
  CHECK(sorted(questions_of(data.shuffle(1))) == sorted(questions_of(data)));
}

TEST_CASE("filter and merge") {
  const Dataset a = Dataset::parse(
      "{\"prompt\": \"1\", \"completion\": \"x\", \"tags\": [\"story\"]}\n{\"prompt\": \"2\", \"completion\": \"x\", "
      "\"tags\": "
      "[\"okr\", \"story\"]}\n{\"prompt\": \"3\", \"completion\": \"x\"}",
      "a.jsonl");
  CHECK(questions_of(a.filter("story")) == std::vector<std::string>{"1", "2"});
  CHECK(a.filter("none").empty());
  const Dataset b = Dataset::parse(
      "{\"prompt\": \"4\", \"completion\": \"x\"}\n{\"prompt\": \"1\", \"completion\": \"x\"}\n{\"prompt\": \"1\", "
      "\"completion\": \"y\"}\n"
      "{\"prompt\": \"4\", \"completion\": \"x\"}",
      "b.jsonl");
  const Dataset merged = a.merge(b);
  CHECK(questions_of(merged) == std::vector<std::string>{"1", "2", "3", "4", "1"});
  CHECK(merged[0].origin == "a.jsonl");
  CHECK(merged[3].origin == "b.jsonl");
  CHECK(merged[4].line == 3);
  CHECK(a.size() == 3);
  CHECK(a.merge(Dataset()).hash() == a.hash());
  CHECK(Dataset().merge(a).hash() == a.hash());
}

TEST_CASE("split: every task gives its share") {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    const std::string tag = i < 20 ? "prd" : i < 30 ? "story" : i < 35 ? "update" : "";
    text += "{\"prompt\": \"P" + std::to_string(i) + "\", \"completion\": \"C" + std::to_string(i) +
            "\", \"tags\": [" + (tag.empty() ? "" : "\"" + tag + "\"") + "]}\n";
  }
  const Dataset data = Dataset::parse(text);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Dataset part = data.split(0.2, seed).second;
    CHECK(part.size() == 8);
    CHECK(part.filter("prd").size() == 4);
    CHECK(part.filter("story").size() == 2);
    CHECK(part.filter("update").size() == 1);
    for (const auto& fold : data.folds(5, seed)) {
      CHECK(fold.second.filter("prd").size() == 4);
      CHECK(fold.second.filter("update").size() == 1);
    }
  }
}

TEST_CASE("split: what says the same stays together") {
  std::string text;
  for (int i = 0; i < 30; ++i) {
    const std::string number = std::to_string(i / 3);
    // Three of a kind: the same question twice, and once in other words with nearly the same answer.
    std::string answer;  // in words that no other kind has
    for (int word = 0; word < 16; ++word) answer += "word" + number + "x" + std::to_string(word) + " ";
    text += i % 3 == 0   ? pair("Question " + number, answer)
            : i % 3 == 1 ? pair("Question " + number, "Another answer, number " + std::to_string(i))
                         : pair("Asked otherwise " + number, answer + ", " + number);
  }
  const Dataset data = Dataset::parse(text);
  const auto kind = [](const Example& example) { return (example.line - 1) / 3; };
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const auto& parts : data.folds(4, seed)) {
      std::set<std::int64_t> held_out;
      for (const Example& example : parts.second.examples()) held_out.insert(kind(example));
      for (const Example& example : parts.first.examples()) CHECK(held_out.count(kind(example)) == 0);
    }
    const auto parts = data.split(0.2, seed);
    CHECK(parts.second.size() == 6);
    CHECK(joined(parts) == sorted(questions_of(data)));
    CHECK(data.split(0.1, seed).second.size() == 3);
    CHECK(data.split(0.01, seed).second.size() == 3);  // no kind is smaller
  }
}

TEST_CASE("split: where all say the same, they are parted") {
  std::string text;
  for (int i = 0; i < 7; ++i) text += pair("The same question", "Answer " + std::to_string(i));
  const Dataset data = Dataset::parse(text);
  CHECK(data.split(0.3, 1).second.size() == 2);
  CHECK(data.folds(7, 1).size() == 7);
  for (const auto& parts : data.folds(7, 1)) CHECK(parts.second.size() == 1);
}

TEST_CASE("deduplicate, tagged, grow") {
  const std::string answer =
      "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen";
  const Dataset data =
      Dataset::parse(pair("Q", answer) + pair("Q", answer) + pair("Q", answer + " seventeen") + pair("R", "x"));
  CHECK(data.deduplicate().size() == 3);
  CHECK(data.deduplicate(true).size() == 2);
  CHECK(data.deduplicate(true).deduplicate(true).hash() == data.deduplicate(true).hash());
  const Dataset grown = numbered(3).grow("specialisation", numbered(5));
  CHECK(grown.size() == 5);
  CHECK(grown.filter("round:specialisation").size() == 2);
  CHECK(numbered(2).tagged("prd").tagged("prd")[0].tags == std::vector<std::string>{"prd"});
  CHECK_THROWS_AS(numbered(2).tagged(""), Error);
  CHECK_THROWS_AS(numbered(2).grow("", numbered(3)), Error);
  // A round is no task.
  CHECK(numbered(20).tagged("round:polish").split(0.1, 3).second.size() == 2);
}
