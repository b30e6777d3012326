#include "helpers.hpp"

using namespace grammar_tests;

namespace {

bool matches(const std::string& pattern, const std::string& text) {
  return answers(Json{{"type", "string"}, {"pattern", pattern}}.dump(), Json(text).dump());
}

}  // namespace

TEST_CASE("patterns are found anywhere unless anchored") {
  CHECK(matches("b", "abc"));
  CHECK(!matches("^b", "abc"));
  CHECK(matches("c$", "abc"));
  CHECK(matches("^a|z$", "az"));
  CHECK(matches("^(?:ab|cd)+$", "abcdab"));
  CHECK(!matches("^(?:ab|cd)+$", "abc"));
  CHECK(matches("", "anything"));
  CHECK(matches("(^a$)|(^b$)", "b"));
}

TEST_CASE("classes, escapes and repetitions are those of ECMA 262") {
  CHECK(matches("^\\d{2,3}$", "12"));
  CHECK(!matches("^\\d{2,3}$", "1"));
  CHECK(!matches("^\\d{2,3}$", "1234"));
  CHECK(matches("^[^\\w\\s]+?$", "-!"));
  CHECK(matches("^\\u{1F600}\\u00e4\\x41\\n$", "\U0001F600äA\n"));
  CHECK(matches("^[\\]\\-a]+$", "]-a"));
  CHECK(matches("^[a-]+$", "a-"));
  CHECK(matches("^(?<year>\\d{4})$", "2024"));
  CHECK(matches("^a{0}b$", "b"));
  CHECK(matches("^(a*)*$", "aaa"));
  CHECK(!matches("^.$", "\n"));
  CHECK(matches("^\"\\\\$", "\"\\"));
}

TEST_CASE("one set of characters is counted") {
  const char* schema = R"({"type":"string","pattern":"^[a-c]{2,60000}$","maxLength":4})";
  CHECK(answers(schema, "\"abca\""));
  CHECK(!answers(schema, "\"a\""));
  CHECK(!answers(schema, "\"abcab\""));
  CHECK(!begins(schema, "\"d"));
}

TEST_CASE("what is no pattern, or not a regular one, is refused") {
  const auto refused = [](const std::string& pattern, Code code, const std::string& part) {
    CHECK_MESSAGE(
        refusal(Json{{"type", "string"}, {"pattern", pattern}}.dump(), code).find(part) != std::string::npos,
        pattern);
  };
  for (const char* broken :
       {"(", ")", "a)", "[a", "[b-a]", "a**", "*", "a{2,1}", "{", "\\", "\\xZZ", "\\u{110000}", "(?<a", "a{x}"})
    refused(broken, Code::invalid_argument, "no regular expression");
  refused("(?!a)", Code::unsupported, "look-ahead");
  refused("(?<=a)", Code::unsupported, "look-behind");
  refused("(?i)a", Code::unsupported, "flags");
  refused("\\p{L}", Code::unsupported, "Unicode property");
  refused("a^b", Code::unsupported, "in its middle");
  refused("a++", Code::unsupported, "possessive");
  refused("\\ud83d", Code::unsupported, "surrogate");
}

TEST_CASE("formats") {
  const auto has_form = [](const std::string& format, const std::string& text) {
    return answers(Json{{"type", "string"}, {"format", format}}.dump(), Json(text).dump());
  };
  CHECK(has_form("date", "2024-02-29"));
  CHECK(!has_form("date", "2023-02-29"));
  CHECK(!has_form("date", "1900-02-29"));
  CHECK(has_form("date", "2000-02-29"));
  CHECK(!has_form("date", "2024-04-31"));
  CHECK(has_form("date-time", "2024-12-31T23:59:59.123+01:00"));
  CHECK(!has_form("date-time", "2024-12-31T24:00:00Z"));
  CHECK(has_form("duration", "P1Y2M3DT4H5M6S"));
  CHECK(!has_form("duration", "P"));
  CHECK(has_form("uri", "https://example.com:80/a%20b?c=d#e"));
  CHECK(!has_form("uri", "https:// example"));
  CHECK(has_form("hostname", "a-b.example"));
  CHECK(!has_form("hostname", "-a"));
  CHECK(has_form("password", "anything at all"));
}
