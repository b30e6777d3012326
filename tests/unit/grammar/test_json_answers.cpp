#include "helpers.hpp"

using namespace grammar_tests;

namespace {

bool is_json(std::string_view text) { return answers("{}", text); }

}  // namespace

TEST_CASE("json mode allows JSON objects and nothing else") {
  const Constraint any({Grammar::json(), table()});
  for (const char* good :
       {"{}", "{ }", "{\"a\":1}", "{\"a\": [1, -2.5e-7, \"x\", true, false, null, {}, []]}",
        "{\n  \"a\": 1,\n  \"b\": {\n    \"c\": []\n  }\n}", "{\"\":\"\",\"\":0}", "\n{}", "{\"a\" : 1}"})
    CHECK_MESSAGE(answers(any, good), good);
  for (const char* bad :
       {"", "[]", "1", "{", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "{\"a\":1}}",
        "{\"a\":1} {}", "{\"a\":tru}", "{\"a\":nulll}", "{}x", "{\"a\":1 \"b\":2}", "{\"a\" 1}"})
    CHECK_MESSAGE(!answers(any, bad), bad);
}

TEST_CASE("numbers are those of JSON") {
  for (const char* good : {"0", "-0", "7", "-12", "10.50", "0.001", "1e5", "1E+05", "12.5e-300", "1e269"})
    CHECK_MESSAGE(is_json(good), good);
  for (const char* bad :
       {"-", "01", "+1", ".5", "1.", "1e", "1e+", "0x1", "1e400", "--1", "1.2.3", "Infinity", "NaN"})
    CHECK_MESSAGE(!is_json(bad), bad);
  CHECK(is_json(std::string(32, '1')));
  CHECK(!is_json(std::string(33, '1')));
  CHECK(is_json("0." + std::string(32, '3')));
  CHECK(!is_json("0." + std::string(33, '3')));
}

TEST_CASE("strings are valid JSON in valid UTF-8") {
  for (const char* good :
       {"\"\"", "\"a\\n\\t\\\"\\\\\\/\\b\\f\\r\"", "\"\\u00e4\\u0041\\uFFFF\"", "\"\\ud83d\\uDE00\"",
        "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\x7F\"", "\"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\""})
    CHECK_MESSAGE(is_json(good), good);
  for (const char* bad : {"\"",
                          "\"\n\"",
                          "\"\\x\"",
                          "\"\\u12\"",
                          "\"\\u12g4\"",
                          "\"\\ud83d\"",
                          "\"\\ude00\"",
                          "\"\\ud83d\\u0041\"",
                          "\"\xC3\"",
                          "\"\x80\"",
                          "\"\xC0\x80\"",
                          "\"\xC1\xBF\"",
                          "\"\xE0\x80\x80\"",
                          "\"\xED\xA0\x80\"",
                          "\"\xF0\x80\x80\x80\"",
                          "\"\xF4\x90\x80\x80\"",
                          "\"\xF5\x80\x80\x80\"",
                          "\"\xFF\"",
                          "\"\x1F\"",
                          "'a'"})
    CHECK_MESSAGE(!is_json(bad), bad);
}

TEST_CASE("white space does not run away") {
  CHECK(is_json("[ 1 , 2 ]"));
  CHECK(is_json("[\n" + std::string(32, ' ') + "1\n]"));
  CHECK(is_json("[\r\n\t1\r\n]"));
  CHECK(!is_json("[\n" + std::string(33, ' ') + "1]"));
  CHECK(!is_json("[  1]"));
  CHECK(!is_json("[\n\n1]"));
  CHECK(!is_json("{\"a\":\n1}"));
  CHECK(!is_json("{\"a\"  :1}"));
  CHECK(!is_json("1 "));
}

TEST_CASE("nesting ends, and what is open can always be closed") {
  Constraint constraint = started("{}");
  int depth = 0;
  while (depth < 2000 && constraint.is_allowed('[')) {
    constraint.accept('[');
    ++depth;
  }
  CHECK(depth > 100);
  CHECK(depth < 600);
  for (int i = 0; i < depth; ++i) {
    REQUIRE(!constraint.may_end());
    REQUIRE(constraint.is_allowed(']'));
    constraint.accept(']');
  }
  CHECK(constraint.must_end());
}

TEST_CASE("may_end and must_end say where an answer is complete") {
  Constraint number = started("{\"type\": \"integer\"}");
  CHECK(!number.may_end());
  number.accept('1');
  CHECK(number.may_end());
  CHECK(!number.must_end());
  Constraint object = started("{\"type\": \"object\"}");
  CHECK(read(object, "{\"a\":1"));
  CHECK(!object.may_end());
  CHECK(read(object, "}"));
  CHECK(object.must_end());
  for (const std::uint64_t word : object.allowed()) CHECK(word == 0);
}
