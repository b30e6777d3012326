#include "helpers.hpp"
#include "text/nfc.hpp"
#include "text/regex.hpp"

using namespace text_tests;

namespace {

std::string cut(const std::string& name, const std::string& text) {
  std::vector<std::string_view> pieces;
  std::deque<std::string> storage;
  PreTokenizer::named(name, "a test").split(text, Preceding::nothing, pieces, storage);
  std::string joined;
  for (const std::string_view piece : pieces) joined += "[" + std::string(piece) + "]";
  return joined;
}

bool matches(const std::string& pattern, const std::string& text) {
  std::vector<ByteRange> found;
  Regex(pattern, "a test").find_all(text, found);
  return found == std::vector<ByteRange>{{0, text.size()}};
}

}  // namespace

TEST_CASE("each family cuts words in its own way") {
  CHECK(cut("gpt-2", "I'm 12 years  old!") == "[I]['m][ 12][ years][ ][ old][!]");
  CHECK(cut("smollm", "I'm 12 years") == "[I]['m][ ][1][2][ years]");
  CHECK(cut("llama-bpe", "It'S 12345 (x)\n\ny") == "[It]['S][ ][123][45][ (][x][)\n\n][y]");
  CHECK(cut("qwen2", "a 123 b") == "[a][ ][1][2][3][ b]");
  CHECK(cut("gpt-4o", "HelloWorld don't 1234") == "[Hello][World][ don't][ ][123][4]");
  CHECK(cut("tekken", "helloWorld 12") == "[hello][World][ ][1][2]");
  CHECK(cut("bloom", "a, b(c)") == "[a][,][ b][(][c][)]");
  for (const char* name : {"default", "llama3", "dbrx", "starcoder", "deepseek-r1-qwen", "stablelm2", "mpt", "olmo"})
    CHECK(cut(name, "ab") == "[ab]");
  check_error([] { cut("marsian", ""); }, "unsupported", "\"marsian\"");
}

TEST_CASE("character classes are those of Unicode 16, as in the engine that tokenizers are trained with") {
  CHECK(matches(R"(\p{L}+)", "\xF0\xB1\x8D\x90"));   // U+31350, of Unicode 15
  CHECK(matches(R"([^\s\p{L}]+)", "\xE1\xA0\x8E"));  // U+180E is no white space
  CHECK(matches(R"(\S+)", "\xE1\xA0\x8E"));
  CHECK(matches(R"(\s+)", " \t\n\xC2\x85\xE3\x80\x80"));
  CHECK_FALSE(matches(R"(\P{L})", "\xF0\xB1\x8D\x90"));
  CHECK(matches(R"([\]\[a]+)", "a]["));
  CHECK(matches("^b$", "b"));
}

TEST_CASE("empty matches cut, once") {
  std::vector<ByteRange> found;
  Regex(R"((?=\d))", "a test").find_all("a12é3", found);
  CHECK(found == std::vector<ByteRange>{{1, 1}, {2, 2}, {5, 5}});
}

TEST_CASE("NFC composes") {
  CHECK(compose("e\u0301") == "é");
  CHECK(compose("a\u0323\u0302") == "ậ");
  CHECK(compose("a\u0302\u0323") == "ậ");
  CHECK(compose("\u1112\u1161\u11AB\u1100\u1173\u11AF") == "한글");
  CHECK(compose("\u2126\uFA10") == "Ω塚");
  CHECK(compose("\u0958") == "\u0915\u093C");  // never put together
  CHECK(compose("\u0301e") == "\u0301e");
  CHECK(compose("plain é") == "plain é");
  CHECK(compose("").empty());
}
