#include <random>
#include <thread>

#include "grammar/stacks.hpp"
#include "helpers.hpp"

using namespace grammar_tests;

namespace {

const char* const schemas[] = {
    "{}",
    R"({"type":"object"})",
    R"({"type":"array","items":{"anyOf":[{"type":"string","maxLength":7},{"type":"integer","minimum":-12}]}})",
    R"({"anyOf":[{"type":"array","items":{"$ref":"#"}},{"type":"array","items":{"anyOf":[{"$ref":"#"},{"const":1}]}},{"enum":["abc","abcabc",12]}]})",
    R"({"type":"object","properties":{"abc":{"type":"string","pattern":"^(abc)+$"},"a":{"type":"string","minLength":3}},"additionalProperties":{"type":"boolean"}})",
};

}  // namespace

TEST_CASE("the mask says for every token what its bytes say") {
  std::mt19937 random(5);
  for (const char* schema : schemas)
    for (int walk = 0; walk < 20; ++walk) {
      Constraint constraint = started(schema);
      for (int step = 0; step < 40 && !constraint.must_end(); ++step) {
        const auto mask = constraint.allowed();
        std::vector<std::int32_t> allowed;
        for (std::int32_t token = 0; token < table()->size(); ++token) {
          REQUIRE_MESSAGE(has(mask, token) == constraint.is_allowed(token), schema, " token ", token);
          if (has(mask, token)) allowed.push_back(token);
        }
        if (allowed.empty()) break;
        constraint.accept(allowed[random() % allowed.size()]);
      }
    }
}

TEST_CASE("a token that may not come changes nothing; control tokens never come") {
  Constraint constraint = started(R"({"type":"object"})");
  CHECK(read(constraint, "{\"a"));
  const std::vector<std::uint64_t> before(constraint.allowed().begin(), constraint.allowed().end());
  for (const std::int32_t token :
       {std::int32_t{0x1F}, std::int32_t{256}, -1, static_cast<std::int32_t>(tokens().size())})
    CHECK_THROWS_WITH_AS(constraint.accept(token), doctest::Contains("may not come here"), Error);
  const auto after = constraint.allowed();
  CHECK(std::equal(before.begin(), before.end(), after.begin(), after.end()));
  CHECK(!has(after, 256));
}

TEST_CASE("copies go their own ways") {
  Constraint constraint = started(R"({"enum":["abc","abd"]})");
  CHECK(read(constraint, "\"ab"));
  Constraint other = constraint;
  CHECK(read(other, "d\""));
  CHECK(other.must_end());
  CHECK(read(constraint, "c\""));
  CHECK(constraint.must_end());
}

TEST_CASE("long answers do not pile up what was remembered") {
  Constraint constraint = started(R"({"type":"array","items":{"type":"integer"},"maxItems":1000000})");
  CHECK(read(constraint, "[1"));
  Constraint early = constraint;
  for (int i = 0; i < 150000; ++i) {
    constraint.accept(',');
    constraint.accept('1');
  }
  CHECK(!constraint.is_allowed('"'));
  CHECK(answers(constraint, ",2]"));
  CHECK(answers(early, ",2]"));
}

TEST_CASE("a vocabulary that cannot spell what must come is told") {
  const auto letters = std::make_shared<const TokenTable>(std::vector<std::string>{"{", "\"", "a", "}"});
  Constraint constraint(Grammar::from_schema(R"({"type":"object","properties":{"a":{}},"required":["a"]})"), letters);
  for (const std::int32_t token : {0, 1, 2, 1}) constraint.accept(token);
  CHECK_THROWS_WITH_AS(constraint.allowed(), doctest::Contains("vocabulary"), Error);
}

TEST_CASE("tokens of half characters and of equal bytes") {
  Constraint constraint = started(R"({"type":"string"})");
  CHECK(read(constraint, "\""));
  std::vector<std::int32_t> halves;
  std::vector<std::int32_t> equal;
  for (std::size_t i = 256; i < tokens().size(); ++i) {
    if (tokens()[i] == "\xF0\x9F" || tokens()[i] == "\x98\x80") halves.push_back(static_cast<std::int32_t>(i));
    if (tokens()[i] == "abc") equal.push_back(static_cast<std::int32_t>(i));
  }
  REQUIRE(halves.size() == 2);
  REQUIRE(equal.size() == 2);
  CHECK(has(constraint.allowed(), equal[0]));
  CHECK(has(constraint.allowed(), equal[1]));
  CHECK(!has(constraint.allowed(), halves[1]));
  constraint.accept(halves[0]);
  CHECK(!constraint.is_allowed('"'));
  CHECK(has(constraint.allowed(), halves[1]));
  constraint.accept(halves[1]);
  CHECK(constraint.is_allowed('"'));
}

TEST_CASE("readings of an ambiguous schema do not double with each level") {
  // Each level can be read in two ways that differ only at the very end.
  const char* schema = R"({"$defs":{"t":{"anyOf":[{"type":"array","items":{"$ref":"#/$defs/t"},"maxItems":3},
    {"type":"array","items":{"$ref":"#/$defs/t"},"maxItems":5}]}},"$ref":"#/$defs/t"})";
  const auto grammar = Grammar::from_schema(schema);
  Stacks stacks(grammar->rules());
  Stacks::Config config = stacks.start();
  for (int i = 0; i < 100; ++i) {
    config = stacks.step(config, '[');
    REQUIRE(config != Stacks::dead);
    REQUIRE(stacks.readings(config).items.size() < 20);
  }
  CHECK(stacks.size() < 20000);
  CHECK(answers(schema, "[[],[],[],[],[]]"));
  CHECK(!answers(schema, "[[],[],[],[],[],[]]"));
}

TEST_CASE("grammar and table are shared between threads") {
  const auto grammar = Grammar::from_schema(R"({"type":"array","items":{"type":"string","maxLength":5}})");
  const auto shared = std::make_shared<const TokenTable>(tokens());
  std::vector<std::thread> threads;
  std::vector<char> right(4, 0);
  for (char& result : right)
    threads.emplace_back([&] {
      Constraint constraint(grammar, shared);
      bool all = true;
      for (const char letter : std::string_view("[\"abc\",\"\xC3\xA4\"]")) {
        const auto token = static_cast<std::int32_t>(static_cast<unsigned char>(letter));
        all = all && has(constraint.allowed(), token);
        constraint.accept(token);
      }
      result = all && constraint.must_end() ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  for (const char result : right) CHECK(result == 1);
}
