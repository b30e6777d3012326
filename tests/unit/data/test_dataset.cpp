// Holding, saving and hashing examples.
#include <doctest/doctest.h>

#include <thread>

#include "base/sha256.hpp"
#include "helpers.hpp"

using namespace pmtune;
using namespace data_tests;

TEST_CASE("hash: neither the order of keys nor white space matters, everything else does") {
  const Dataset data = Dataset::parse(
      R"({"messages": [{"role": "user", "content": "ä"}, {"role": "assistant", "content": "b", "weight": 1}], "tags": ["t"]})");
  const Dataset same = Dataset::parse(
      "{\"tags\":[\"t\"],\"messages\":[ "
      "{\"content\":\"\\u00e4\",\"role\":\"user\"},{\"content\":\"b\",\"role\":\"assistant\"}]}\r\n");
  CHECK(data.hash() == same.hash());
  CHECK(Dataset::parse("{\"prompt\": \"ä\", \"completion\": \"b\", \"tags\": \"t\"}").hash() == data.hash());
  for (const char* other :
       {"{\"prompt\": \"a\", \"completion\": \"b\", \"tags\": \"t\"}", "{\"prompt\": \"ä\", \"completion\": \"b\"}",
        "{\"prompt\": \"ä\", \"completion\": \"b \", \"tags\": \"t\"}"})
    CHECK(Dataset::parse(other).hash() != data.hash());
  CHECK(Dataset::parse(good_line(1) + good_line(2)).hash() != Dataset::parse(good_line(2) + good_line(1)).hash());
}

TEST_CASE("hash: the value itself is promised, registries keep it") {
  CHECK(Dataset().hash() == sha256_of(""));
  const Dataset data = Dataset::parse("{\"prompt\": \"Q\", \"completion\": \"A\", \"tags\": [\"t\"]}");
  CHECK(data.to_jsonl() ==
        "{\"messages\":[{\"role\":\"user\",\"content\":\"Q\"},{\"role\":\"assistant\",\"content\":\"A\"}],\"tags\":["
        "\"t\"]}\n");
  CHECK(data.hash() == sha256_of(data.to_jsonl()));
}

TEST_CASE("hash: from several threads at once") {
  const Dataset data = numbered(50);
  std::vector<std::string> hashes(4);
  std::vector<std::thread> threads;
  for (std::string& hash : hashes) threads.emplace_back([&hash, data] { hash = data.hash(); });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& hash : hashes) CHECK(hash == data.hash());
}

TEST_CASE("save and load give the same examples back") {
  const Dataset data = Dataset::parse(
      R"({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "a\n\"b\" \\ \u0001 😀"}, {"role": "assistant", "content": "x", "weight": 0},)"
      R"( {"role": "user", "content": "b"}, {"role": "assistant", "content": " y "}], "tags": ["one", "two"]})"
      "\n" +
      good_lines(5));
  const TempFile file("");
  data.save(file.path());
  const Dataset again = Dataset::load(file.path());
  REQUIRE(again.size() == data.size());
  for (std::size_t i = 0; i < data.size(); ++i) {
    CHECK(again[i].messages == data[i].messages);
    CHECK(again[i].tags == data[i].tags);
  }
  CHECK(again.hash() == data.hash());
  CHECK(again[0].origin == file.path());
  CHECK_THROWS_AS(data.save("/proc/nowhere/file.jsonl"), Error);
}

TEST_CASE("examples made by the host are held to the same rules") {
  const Example good{{{"user", "Q", 1}, {"assistant", "A", 1}}, {"t"}, "app", 12};
  CHECK(Dataset::from_examples({good, good}).size() == 2);
  CHECK(Dataset::from_examples({good})[0].line == 12);
  CHECK(Dataset::from_examples({}).empty());
  const auto complaint_about = [&](Example bad) {
    try {
      Dataset::from_examples({good, std::move(bad)});
    } catch (const Error& error) {
      CHECK(error.code() == Code::invalid_argument);
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(complaint_about({{{"user", "Q", 1}}, {}, "app", 12}) ==
        "Example 2: no message is from the \"assistant\", so there is no answer to learn; add the answer or remove "
        "the example.");
  CHECK(complaint_about({{{"user", "Q\xFF", 1}, {"assistant", "A", 1}}, {}, "", 0}) ==
        "Example 2: the text of a message is not valid UTF-8; convert it first.");
  CHECK(complaint_about({{{"user", "Q", 1}, {"assistant", "A", 0.5}}, {}, "", 0}) ==
        "Example 2: the weight of a message is 0.5; it must be 0 or 1.");
  CHECK_FALSE(complaint_about({}).empty());
}

TEST_CASE("looking at examples") {
  const Dataset data = numbered(2);
  CHECK(data[1].messages[0].content == "Question 1");
  CHECK_THROWS_WITH_AS(data[2], "There is no example 2; this dataset holds 2, counted from 0.", Error);
  CHECK(Dataset().empty());
  Dataset moved = data;
  const Dataset taken = std::move(moved);
  CHECK(moved.empty());  // NOLINT: what was moved from is empty, not undefined
  CHECK(moved.hash() == Dataset().hash());
  CHECK(taken.size() == 2);
}
