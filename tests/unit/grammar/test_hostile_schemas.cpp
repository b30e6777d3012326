// Schemas that are made to cost time or memory: each is refused or read within seconds, and answers stay quick.
#include <ctime>

#include "base/json.hpp"
#include "helpers.hpp"

using namespace grammar_tests;

namespace {

// Of the processor's time: the machine may be busy with other things, and this may run under sanitizers.
double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
constexpr double patience = 20;

// Reads the schema; if it is one, writes a little. False when it is refused.
bool read_in_time(const std::string& schema) {
  const double start = seconds();
  bool accepted = true;
  try {
    Constraint constraint = started(schema);
    for (int step = 0; step < 30 && !constraint.must_end(); ++step) {
      const auto mask = constraint.allowed();
      std::int32_t token = 0;
      while (token < table()->size() && !has(mask, token)) ++token;
      if (token == table()->size()) break;
      constraint.accept(token);
    }
  } catch (const Error& error) {
    accepted = false;
    CHECK((error.code() == Code::unsupported || error.code() == Code::invalid_argument));
    CHECK(std::string(error.what()).size() < 1000);
  }
  CHECK(seconds() - start < patience);
  return accepted;
}

std::string repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

std::string pattern(const std::string& text) { return Json{{"type", "string"}, {"pattern", text}}.dump(); }

}  // namespace

TEST_CASE("patterns that explode") {
  CHECK(!read_in_time(pattern("^(a|b)*a(a|b){40}$")));
  CHECK(!read_in_time(pattern("^((((a{50}){50}){50}){50})$")));
  CHECK(!read_in_time(pattern("^(.{1000}){100}$")));
  CHECK(!read_in_time(pattern("(){131072}{131072}")));
  CHECK(read_in_time(pattern("^(a*)*(a*)*(a*)*$")));
  CHECK(read_in_time(pattern("(a?){100}a{100}")));
  CHECK(!read_in_time(pattern(repeated("(", 2000))));
  CHECK(!read_in_time(pattern(std::string(5000, 'a'))));
  CHECK(!read_in_time(pattern("(" + repeated("[a-z0-9_é-ü]", 100) + "){100}x")));
}

TEST_CASE("schemas that repeat themselves") {
  std::string defs;
  for (int i = 0; i < 40; ++i) {
    const std::string next = "{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"}";
    defs += "\"d" + std::to_string(i) + "\":{\"allOf\":[" + next + "," + next + "]},";
  }
  CHECK(!read_in_time("{\"$defs\":{" + defs + "\"d40\":{\"type\":\"string\"}},\"$ref\":\"#/$defs/d0\"}"));
  std::string chain;
  for (int i = 0; i < 1000; ++i)
    chain += "\"d" + std::to_string(i) + "\":{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"},";
  CHECK(!read_in_time("{\"$defs\":{" + chain + "\"d1000\":{}},\"$ref\":\"#/$defs/d0\"}"));
  std::string nested;
  for (int i = 0; i < 1000; ++i)
    nested += "\"d" + std::to_string(i) + "\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"$ref\":\"#/$defs/d" +
              std::to_string(i + 1) + "\"}},";
  CHECK(!read_in_time("{\"$defs\":{" + nested + "\"d1000\":{}},\"$ref\":\"#/$defs/d0\"}"));
  std::string doubling = "{\"type\":\"string\"}";
  for (int i = 0; i < 12; ++i) doubling = "{\"anyOf\":[" + doubling + "," + doubling + "]}";
  CHECK(read_in_time(doubling));
}

TEST_CASE("wide schemas") {
  std::string properties;
  std::string alternatives;
  std::string values;
  std::string names;
  for (int i = 0; i < 2000; ++i) {
    const std::string comma = i == 0 ? "" : ",";
    properties += comma + "\"p" + std::to_string(i) + "\":{\"type\":\"integer\"}";
    alternatives += comma + "{\"type\":\"array\",\"minItems\":" + std::to_string(i % 7) +
                    ",\"items\":{\"const\":" + std::to_string(i) + "}}";
    if (i % 200 == 0) names += comma + "\"p" + std::to_string(i) + "\"";
    values += comma + "\"value " + std::to_string(i * 7919) + "\"";
  }
  const std::string object = "{\"type\":\"object\",\"properties\":{" + properties + "},\"additionalProperties\":true";
  CHECK(!read_in_time(object + "}"));
  CHECK(read_in_time(object + ",\"required\":[" + names + "]}"));
  CHECK(read_in_time("{\"anyOf\":[" + alternatives + "]}"));
  CHECK(read_in_time("{\"enum\":[" + values + "]}"));
  CHECK(!read_in_time("{\"enum\":[" + repeated(values + ",", 4) + "1]}"));
}

TEST_CASE("recursion in many ways at once") {
  std::string alternatives = "{\"type\":\"string\"}";
  for (int i = 2; i < 1000; ++i)
    alternatives += ",{\"type\":\"array\",\"items\":{\"$ref\":\"#\"},\"maxItems\":" + std::to_string(i) + "}";
  const double start = seconds();
  CHECK(begins("{\"anyOf\":[" + alternatives + "]}", "[[[[[[[[\"x\",[],[[\"y\"]]]"));
  CHECK(seconds() - start < patience);
}

TEST_CASE("large numbers and deep texts") {
  CHECK(!read_in_time(R"({"type":"array","minItems":4000000000})"));
  CHECK(read_in_time(R"({"type":"array","maxItems":4000000000})"));
  CHECK(read_in_time(R"({"type":"string","maxLength":1e14})"));
  CHECK(!read_in_time(R"({"type":"integer","minimum":1e300})"));
  CHECK(!read_in_time(R"({"type":"number","maximum":1e-300})"));
  CHECK(!read_in_time(repeated("{\"items\":", 100) + "{}" + repeated("}", 100)));
  CHECK(!read_in_time("{\"description\":\"" + std::string(200000, 'x') + "\"}"));
}
