#include "helpers.hpp"

using namespace grammar_tests;

TEST_CASE("properties come in the schema's order; those not required may be left out") {
  const char* schema = R"({"type": "object", "required": ["b"], "properties":
    {"a": {"type": "integer"}, "b": {"type": "null"}, "c": {"type": "boolean"}}})";
  for (const char* good :
       {"{\"a\":1,\"b\":null,\"c\":true}", "{\"b\":null}", "{\"a\":1,\"b\":null}", "{\"b\":null,\"c\":false}"})
    CHECK_MESSAGE(answers(schema, good), good);
  for (const char* bad : {"{}", "{\"a\":1}", "{\"b\":null,\"a\":1}", "{\"b\":1}", "{\"b\":null,\"b\":null}",
                          "{\"b\":null,\"d\":1}", "{\"c\":true}", "{\"a\":1,\"a\":2,\"b\":null}"})
    CHECK_MESSAGE(!answers(schema, bad), bad);
}

TEST_CASE("other properties are not those that are named, however they are written") {
  const char* schema = R"({"type": "object", "properties": {"a": {"type": "integer"}, "ä\n": {"type": "integer"}},
                           "additionalProperties": {"type": "string"}})";
  for (const char* good : {"{\"a\":1,\"ab\":\"x\"}", "{\"\":\"x\"}", "{\"b\":\"x\",\"A\":\"x\"}",
                           "{\"\\u00e4\\n\":1}", "{\"\\u00e4\":\"x\"}"})
    CHECK_MESSAGE(answers(schema, good), good);
  for (const char* bad : {"{\"a\":\"x\"}", "{\"b\":1}", "{\"\\u0061\":\"x\"}", "{\"b\":\"x\",\"a\":1}",
                          "{\"b\":\"x\",\"a\":\"x\"}", "{\"\\u00E4\\n\":\"x\"}", "{\"\xC3\xA4\\u000a\":\"x\"}"})
    CHECK_MESSAGE(!answers(schema, bad), bad);
}

TEST_CASE("lengths count characters, whatever their bytes") {
  const char* schema = R"({"type": "string", "minLength": 2, "maxLength": 3})";
  for (const char* good : {"\"ab\"", "\"abc\"", "\"\xC3\xA4\xF0\x9F\x98\x80\"", "\"\\ud83d\\ude00\\n\\u0041\""})
    CHECK_MESSAGE(answers(schema, good), good);
  for (const char* bad : {"\"\"", "\"a\"", "\"abcd\"", "\"\\ud83d\\ude00\"", "\"\xF0\x9F\x98\x80\""})
    CHECK_MESSAGE(!answers(schema, bad), bad);
  Constraint constraint = started(schema);
  REQUIRE(read(constraint, "\"a"));
  const auto mask = constraint.allowed();
  CHECK(!has(mask, '"'));
  for (std::size_t i = 256; i < tokens().size(); ++i) {
    if (tokens()[i] == "\"}" || tokens()[i] == "abc" || tokens()[i] == "abcabc")
      CHECK(!has(mask, static_cast<std::int32_t>(i)));
    if (tokens()[i] == "12" || tokens()[i] == "\\ud83d") CHECK(has(mask, static_cast<std::int32_t>(i)));
  }
}

TEST_CASE("integers keep to their bounds, each number tried") {
  for (const auto& bounds :
       {std::pair{-17, 1203}, {0, 0}, {-1, 1}, {-1000, -10}, {99, 101}, {1, 999}, {-205, -204}}) {
    const int low = bounds.first;
    const int high = bounds.second;
    const Constraint bounded = started("{\"type\":\"integer\",\"minimum\":" + std::to_string(low) +
                                       ",\"exclusiveMaximum\":" + std::to_string(high + 1) + "}");
    for (int number = -1500; number <= 1500; ++number)
      REQUIRE_MESSAGE(answers(bounded, std::to_string(number)) == (low <= number && number <= high), low, ' ', high,
                      ' ', number);
  }
  CHECK(answers(R"({"type":"integer","minimum":18446744073709551615})", "18446744073709551615"));
  CHECK(!answers(R"({"type":"integer","minimum":18446744073709551615})", "18446744073709551614"));
  CHECK(answers(R"({"type":"integer","minimum":1e22})", "1" + std::string(22, '0')));
  CHECK(!answers(R"({"type":"integer"})", "1.0"));
  CHECK(!answers(R"({"type":"integer"})", "-0"));
}

TEST_CASE("decimal numbers keep to their bounds, each number of a grid tried") {
  for (const auto& bounds : {std::pair{-125, 250}, {0, 100}, {25, 75}, {-300, -25}, {-1, 1}, {99, 101}}) {
    const int low = bounds.first;
    const int high = bounds.second;
    const auto written = [](int hundredths) {
      const int size = std::abs(hundredths);
      const std::string fraction = std::to_string(100 + size % 100).substr(1);
      return std::string(hundredths < 0 ? "-" : "") + std::to_string(size / 100) + "." + fraction;
    };
    const std::string least = written(low);
    const std::string most = written(high);
    const Constraint closed = started("{\"type\":\"number\",\"minimum\":" + least + ",\"maximum\":" + most + "}");
    const Constraint open =
        started("{\"type\":\"number\",\"exclusiveMinimum\":" + least + ",\"exclusiveMaximum\":" + most + "}");
    for (int number = -400; number <= 400; ++number) {
      REQUIRE_MESSAGE(answers(closed, written(number)) == (low <= number && number <= high), least, ' ', most, ' ',
                      written(number));
      REQUIRE_MESSAGE(answers(open, written(number) + "000") == (low < number && number < high), least, ' ', most,
                      ' ', written(number));
      if (number % 100 == 0)
        REQUIRE(answers(closed, std::to_string(number / 100)) == (low <= number && number <= high));
    }
  }
  CHECK(!answers(R"({"type":"number","exclusiveMaximum":1})", "0.99999999999999999"));  // which a double takes for 1
  CHECK(answers(R"({"type":"number","exclusiveMinimum":0})", "0.00000000000000000000001"));
}

TEST_CASE("arrays keep to their items and counts") {
  const char* schema =
      R"({"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],"items":{"type":"null"},
                          "minItems":1,"maxItems":3})";
  for (const char* good : {"[1]", "[1,\"a\"]", "[1, \"a\", null]"}) CHECK_MESSAGE(answers(schema, good), good);
  for (const char* bad : {"[]", "[\"a\"]", "[1,null]", "[1,\"a\",null,null]", "[1,]"})
    CHECK_MESSAGE(!answers(schema, bad), bad);
  CHECK(answers(R"({"type":"array","items":[{"type":"integer"}],"additionalItems":false})", "[1]"));
  CHECK(!answers(R"({"type":"array","items":[{"type":"integer"}],"additionalItems":false})", "[1,1]"));
  CHECK(answers(R"({"type":"array","items":{"$ref":"#"}})", "[[[]],[]]"));
}

TEST_CASE("alternatives are followed until the bytes tell them apart") {
  const char* schema = R"({"anyOf":[
    {"type":"object","properties":{"kind":{"const":"a"},"value":{"type":"integer"}},"required":["kind","value"]},
    {"type":"object","properties":{"kind":{"const":"b"},"value":{"type":"string"}},"required":["kind","value"]}]})";
  CHECK(answers(schema, R"({"kind":"a","value":1})"));
  CHECK(answers(schema, R"({"kind":"b","value":"x"})"));
  CHECK(!answers(schema, R"({"kind":"b","value":1})"));
  CHECK(!begins(schema, R"({"kind":"c)"));
  CHECK(answers(R"({"type":"integer","anyOf":[{"minimum":5},{"maximum":-5}]})", "-7"));
  CHECK(!answers(R"({"type":"integer","anyOf":[{"minimum":5},{"maximum":-5}]})", "0"));
}

TEST_CASE("allOf and keywords beside $ref are joined") {
  const char* schema =
      R"({"$defs":{"base":{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"]}},
    "$ref":"#/$defs/base","properties":{"id":{"minimum":10},"name":{"type":"string"}},"required":["name"]})";
  CHECK(answers(schema, R"({"id":10,"name":""})"));
  CHECK(!answers(schema, R"({"id":9,"name":""})"));
  CHECK(!answers(schema, R"({"id":10})"));
  const std::string closed =
      R"({"allOf":[{"properties":{"a":{}},"additionalProperties":false},{"properties":{"b":{}}}]})";
  CHECK(answers(closed, R"({"a":1})"));
  CHECK(!begins(closed, R"({"b)"));
}

TEST_CASE("without a type, the types that the keywords speak of are meant") {
  CHECK(answers(R"({"properties":{"a":{}}})", "{\"a\":[]}"));
  CHECK(!begins(R"({"properties":{"a":{}}})", "1"));
  CHECK(answers(R"({"description":"anything"})", "1"));
}

TEST_CASE("what is refused is named, with its place and a cure") {
  CHECK(refusal(R"({"properties":{"a":{"items":{"type":"array","uniqueItems":true}}}})", Code::unsupported) ==
        "The JSON schema at #/properties/a/items uses \"uniqueItems\", which cannot be enforced while an answer is "
        "written; leave it out and check the finished answer for it.");
  CHECK(refusal(R"({"$ref":"#"})", Code::invalid_argument).find("refers to itself") != std::string::npos);
  CHECK(refusal("{", Code::invalid_argument).find("not valid JSON at line 1") != std::string::npos);
  CHECK(refusal("[]", Code::invalid_argument).find("must be a JSON object") != std::string::npos);
  CHECK(refusal(R"({"type":"string","pattern":"a\\bc"})", Code::unsupported).find("word boundary") !=
        std::string::npos);
}
