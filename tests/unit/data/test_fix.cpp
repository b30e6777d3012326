// Safe fixes: what is changed, what is not, and that nothing is lost.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "data/json_repair.hpp"
#include "data/recode.hpp"
#include "helpers.hpp"

using namespace pmtune;
using namespace pmtune::data;
using namespace data_tests;

namespace {

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Fixed {
  FixReport report;
  std::string text;
};

Fixed fixed(const std::string& text, const std::string& ending = ".jsonl") {
  const TempFile file(text, ending), copy("");
  Fixed result;
  result.report = Dataset::fix(file.path(), copy.path());
  result.text = read(copy.path());
  return result;
}

std::vector<std::string> codes(const Fixed& result) {
  std::vector<std::string> found;
  for (const DatasetFix& fix : result.report.fixes) found.push_back(fix.code);
  return found;
}

using Codes = std::vector<std::string>;

// The code of the one fix, when the copy holds the one example wanted.
std::string mends(const std::string& line, const std::string& wanted = pair("Q", "A")) {
  const Fixed result = fixed(line);
  REQUIRE(result.report.remaining.ok());
  CHECK(Dataset::parse(result.text).hash() == Dataset::parse(wanted).hash());
  return result.report.fixes.size() == 1 ? result.report.fixes[0].code : "";
}

}  // namespace

TEST_CASE("fix: a good file stays byte for byte") {
  for (const std::string& text :
       {good_lines(5), std::string("{\"prompt\": \"P\", \"id\": 7,  \"completion\": \"C\"}\n")}) {
    const Fixed result = fixed(text);
    CHECK(result.report.fixes.empty());
    CHECK(result.text == text);
  }
}

TEST_CASE("fix: JSON") {
  CHECK(mends(R"({"prompt": "Q", "completion": "A"},)") == "invalid_json");
  CHECK(mends(R"({"prompt": "Q", "completion": "A",})") == "invalid_json");
  CHECK(mends(R"({"prompt": "Q", "completion": "A")") == "invalid_json");
  CHECK(mends(R"({"prompt": "Q", "completion": "A"}})") == "invalid_json");
  CHECK(mends("{“prompt”: “Q”, “completion”: “A”}") == "invalid_json");
  CHECK(mends("{'prompt': 'Q', 'completion': 'A', 'tags': None}") == "invalid_json");
  CHECK(mends("{\"prompt\": \"Q\", \"completion\": \"A\tB\"}", pair("Q", "A\\tB")) == "invalid_json");
  CHECK(mends(R"({'prompt': 'It\'s "so"', 'completion': "A's"})", pair("It's \\\"so\\\"", "A's")) == "invalid_json");
  CHECK(mends(R"({"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}}, )") ==
        "invalid_json");
  for (const char* hopeless : {"broken", "{\"prompt\": \"Q", "{\"prompt\": Q}", "", "{", "[1", "\"x\""})
    CHECK_FALSE(repair_json(hopeless));
}

TEST_CASE("fix: roles, keys, texts") {
  CHECK(mends(chat(message("human", "Q") + "," + message("assistant", "A"))) == "unrecognized_role");
  CHECK(mends(chat(message("User", "Q") + "," + message("assistant", "A"))) == "unrecognized_role");
  CHECK(mends(chat("{\"Role\": \"user\", \"content\": \"Q\"}," + message("assistant", "A"))) ==
        "message_unrecognized_key");
  CHECK(mends(R"({"Prompt": "Q", "completion": "A"})") == "message_unrecognized_key");
  CHECK(mends(pair("Q", "A<|im_end|>")) == "template_tokens_in_content");
  CHECK(mends(pair("Q", "  A\\n\\n")) == "blank_ends");
  CHECK(mends(pair("Q\\u200b", "A")) == "invisible_characters");
  CHECK(mends(pair("\\ufeffQ", "A")) == "invisible_characters");
  // Text that talks about signs is not touched, nor are joiners where a script or an emoji needs them.
  for (const std::string& line :
       {pair("Q", "Use <|im_end|> to end"), pair("Q", "👩‍💻 writes"), pair("Q", "<|im_end|>")})
    CHECK(fixed(line).text == line);
}

TEST_CASE("fix: examples that stand there twice") {
  const Fixed result = fixed(good_line(1) + good_line(2) + good_line(1));
  CHECK(codes(result) == Codes{"duplicate_example"});
  CHECK(result.report.fixes[0].line == 3);
  CHECK(result.text == good_line(1) + good_line(2));
}

TEST_CASE("fix: encodings") {
  const std::string text = pair("Grüße an Zoë 😀", "Ça va – bien");
  for (const std::size_t unit : {2u, 4u})
    for (const bool big : {false, true})
      for (const bool mark : {false, true}) {
        std::string wide = mark
                               ? (unit == 2 ? (big ? std::string("\xFE\xFF") : std::string("\xFF\xFE"))
                                            : (big ? std::string("\0\0\xFE\xFF", 4) : std::string("\xFF\xFE\0\0", 4)))
                               : "";
        for (const char32_t c :
             U"{\"messages\": [{\"role\": \"user\", \"content\": \"Grüße an Zoë 😀\"}, {\"role\": "
             U"\"assistant\", \"content\": \"Ça va – bien\"}]}\n") {
          if (c == 0) break;
          std::vector<std::uint32_t> units{c};
          if (unit == 2 && c > 0xFFFF) units = {0xD800 + ((c - 0x10000) >> 10), 0xDC00 + ((c - 0x10000) & 0x3FF)};
          for (const std::uint32_t u : units)
            for (std::size_t i = 0; i < unit; ++i) wide += static_cast<char>(u >> 8 * (big ? unit - 1 - i : i));
        }
        const Fixed result = fixed(wide);
        CHECK(codes(result) == Codes{"encoding"});
        CHECK(Dataset::parse(result.text).hash() == Dataset::parse(text).hash());
      }
  const Fixed windows = fixed("{\"prompt\": \"Caf\xE9 \x96 100 \x80\", \"completion\": \"A\"}\n");
  CHECK(codes(windows) == Codes{"encoding"});
  CHECK(Dataset::parse(windows.text)[0].messages[0].content == "Café – 100 €");
}

TEST_CASE("fix: tables and lists become lines, and what cannot be copied is named") {
  const Fixed table = fixed("question,answer\nQ,A\nR,B,C\nS,D\n", ".csv");
  CHECK(codes(table) == Codes{"container", "left_out"});
  CHECK(table.report.fixes[1].line == 3);
  CHECK(table.text == "{\"question\":\"Q\",\"answer\":\"A\"}\n{\"question\":\"S\",\"answer\":\"D\"}\n");
  const Fixed list = fixed("[\n  {\"prompt\": \"Q\",\n   \"completion\": \"A\"},\n  broken\n]");
  CHECK(list.text == "{\"prompt\":\"Q\",\"completion\":\"A\"}\nbroken\n");
  CHECK_FALSE(list.report.remaining.ok());
}

TEST_CASE("fix: what cannot be mended is copied as it is, and the file is not touched") {
  const std::string text = "broken\n" + good_line() + chat(message("user", "Q")) + "{\"prompt\": 1}\n";
  const Fixed result = fixed(text);
  CHECK(result.report.fixes.empty());
  CHECK(result.text == text);
  const TempFile file(text);
  CHECK_THROWS_AS(Dataset::fix(file.path(), file.path()), Error);
  CHECK_THROWS_AS(Dataset::fix("/nowhere/x.jsonl", "/tmp/x"), Error);
  CHECK(read(file.path()) == text);
}

TEST_CASE("fix: fixing twice changes nothing more") {
  const std::string folder = std::string(PMTUNE_SOURCE_DIR) + "/examples/";
  const Fixed once = fixed(read(folder + "broken.jsonl"));
  CHECK(once.report.fixes.size() >= 4);
  const Fixed twice = fixed(once.text);
  CHECK(twice.report.fixes.empty());
  CHECK(twice.text == once.text);
}
