// Which files are read, and as what.
#include <doctest/doctest.h>

#include "helpers.hpp"

using namespace pmtune;
using namespace data_tests;

namespace {

const std::string mark = "\xEF\xBB\xBF";

std::string widened(const std::string& ascii, std::size_t unit, bool big_endian) {
  std::string wide;
  for (const char c : ascii) {
    const std::string zeros(unit - 1, '\0');
    wide += big_endian ? zeros + c : c + zeros;
  }
  return wide;
}

}  // namespace

TEST_CASE("formats: chat") {
  const Dataset data = Dataset::parse(
      R"({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U1", "name": "eve"},)"
      R"( {"role": "assistant", "content": "A1", "weight": 0}, {"role": "user", "content": "U2", "weight": 0},)"
      R"( {"role": "assistant", "content": "A2", "weight": 1}], "tags": ["story", "long"]})",
      "file.jsonl");
  REQUIRE(data.size() == 1);
  const Example& example = data[0];
  CHECK(example.origin == "file.jsonl");
  CHECK(example.line == 1);
  CHECK(example.tags == std::vector<std::string>{"story", "long"});
  REQUIRE(example.messages.size() == 5);
  CHECK(example.messages[0] == Message{"system", "S", 1});
  CHECK(example.messages[2] == Message{"assistant", "A1", 0});
  CHECK(example.messages[3] == Message{"user", "U2", 1});  // a weight only means something on an answer
  CHECK(example.messages[4] == Message{"assistant", "A2", 1});
}

TEST_CASE("formats: prompt and completion, instruction with and without input") {
  const Dataset data = Dataset::parse(
      "{\"prompt\": \"P\", \"completion\": \"C\", \"tags\": \"one\"}\n"
      "{\"instruction\": \"I\", \"input\": \"X\", \"output\": \"O\"}\n"
      "{\"instruction\": \"I\", \"input\": \"\", \"output\": \"O\"}\n"
      "{\"instruction\": \"I\", \"output\": \"O\"}\n");
  REQUIRE(data.size() == 4);
  CHECK(data[0].messages == std::vector<Message>{{"user", "P", 1}, {"assistant", "C", 1}});
  CHECK(data[0].tags == std::vector<std::string>{"one"});
  CHECK(data[1].messages[0].content == "I\n\nX");
  CHECK(data[2].messages[0].content == "I");
  CHECK(data[3].messages[1].content == "O");
}

TEST_CASE("formats: the report names the form") {
  CHECK(check(good_line()).stats.format == "chat");
  CHECK(check("{\"prompt\": \"P\", \"completion\": \"C\"}").stats.format == "prompt-completion");
  CHECK(check("{\"instruction\": \"P\", \"output\": \"C\"}").stats.format == "instruction");
  CHECK(check(good_line() + "{\"prompt\": \"P\", \"completion\": \"C\"}").stats.format == "mixed");
}

TEST_CASE("formats: a named form is the only one accepted") {
  LoadOptions chat_only;
  chat_only.format = "chat";
  CHECK_NOTHROW(Dataset::parse(good_line(), "x", chat_only));
  CHECK_THROWS_AS(Dataset::parse("{\"prompt\": \"P\", \"completion\": \"C\"}", "x", chat_only), Error);
  LoadOptions unknown;
  unknown.format = "alpaca";
  CHECK_THROWS_AS(Dataset::parse(good_line(), "x", unknown), Error);
  CHECK_THROWS_AS(Dataset::check("x", unknown), Error);
}

TEST_CASE("formats: line ends, blank lines, byte order mark, no last line break") {
  const std::string plain = Dataset::parse(good_lines(3)).hash();
  std::string windows = good_lines(3);
  for (std::size_t at = 0; (at = windows.find('\n', at)) != std::string::npos; at += 2) windows.insert(at, "\r");
  CHECK(Dataset::parse(windows).hash() == plain);
  CHECK(Dataset::parse(mark + good_lines(3)).hash() == plain);
  CHECK(Dataset::parse("\n  \n" + good_lines(3) + "\n\t\r\n").hash() == plain);
  std::string unended = good_lines(3);
  unended.pop_back();
  CHECK(Dataset::parse(unended).hash() == plain);
  CHECK(Dataset::parse("\n\n" + good_line())[0].line == 3);
  CHECK(check("\n\n" + good_line() + "\n").stats.lines == 1);
}

TEST_CASE("formats: a JSON list, in one line or spread, with or without byte order mark") {
  const std::string plain = Dataset::parse(good_line(1) + good_line(2)).hash();
  const std::string one = good_line(1), two = good_line(2);
  for (const std::string& text :
       {"[" + one + "," + two + "]", "\n[\n" + one + ",\n\n" + two + "\n]\n", mark + "[" + one + "," + two + "]"}) {
    CAPTURE(text);
    CHECK(Dataset::parse(text).hash() == plain);
  }
  const Dataset spread = Dataset::parse(
      "[\n  {\n    \"prompt\": \"a ] b } \\\" c\",\n    \"completion\": \"C\"\n  },\n  {\"prompt\": \"x\", "
      "\"completion\": \"y\"}\n]");
  REQUIRE(spread.size() == 2);
  CHECK(spread[0].messages[0].content == "a ] b } \" c");
  CHECK(spread[0].line == 2);
  CHECK(spread[1].line == 6);
}

TEST_CASE("formats: objects that an editor has spread over several lines") {
  const Dataset data = Dataset::parse(
      "{\n  \"prompt\": \"a\",\n  \"completion\": \"b\"\n}\n{\n  \"prompt\": \"c\",\n  \"completion\": \"d\"\n}\n");
  REQUIRE(data.size() == 2);
  CHECK(data[1].line == 5);
}

TEST_CASE("formats: a list that is damaged says where") {
  CHECK(complaint("[" + good_line()) ==
        "examples.jsonl line 2: the list is not closed: the ] at the end of the file is missing; the file may be cut "
        "off; save "
        "it again, or add the ].");
  CHECK(complaint("[" + good_line() + "] x").find("line 2: there is more text after the ] that ends the list") !=
        std::string::npos);
  CHECK(complaint("[\n" + good_line() + ",\n{\"prompt\": \"x\" \"completion\": 1}\n]")
            .find("line 4: it cannot be read at column 16") != std::string::npos);
  CHECK(complaint("[{\"prompt\": \"x\", \"completion\": \"y\"}, {\"prompt\" 1}]")
            .find("line 1: it cannot be read at column 48") != std::string::npos);
  CHECK(complaint("[]") ==
        "examples.jsonl: the file holds no examples; write one example on each line; 20 to 100 make a good start.");
  CHECK(lines_of("[1, \"x\",\n null, [1]]", "data_type") == std::vector<std::int64_t>{1, 1, 2, 2});
}

TEST_CASE("formats: UTF-16 and UTF-32 are recognised, with and without mark") {
  for (const std::size_t unit : {2u, 4u}) {
    for (const bool big : {false, true}) {
      const std::string name = unit == 2 ? "UTF-16" : "UTF-32";
      const std::string with_mark = (unit == 2 ? std::string(big ? "\xFE\xFF" : "\xFF\xFE")
                                     : big     ? std::string("\0\0\xFE\xFF", 4)
                                               : std::string("\xFF\xFE\0\0", 4));
      for (const std::string& start : {std::string(), with_mark}) {
        const DatasetReport report = check(start + widened(good_line(), unit, big));
        REQUIRE(report.problems.size() == 1);
        CHECK(report.problems[0].code == "encoding");
        CHECK(report.problems[0].line == 0);
        CHECK(report.problems[0].message == "The file is saved as " + name + ", but it must be UTF-8.");
        CHECK(report.problems[0].fix.find("Save as") != std::string::npos);
      }
    }
  }
}

TEST_CASE("formats: what is not read yet says what to do") {
  CHECK(check("a,b\n1,2\n", ".csv").problems.at(0).code == "unsupported");
  CHECK(check("\x1F\x8B\x08", ".jsonl.gz").problems.at(0).code == "unsupported");
  CHECK(check("PK\x03\x04", ".xlsx").problems.at(0).code == "unsupported");
  const std::string share = R"({"conversations": [{"from": "human", "value": "x"}, {"from": "gpt", "value": "y"}]})";
  CHECK(lines_of(good_line() + share, "unsupported") == std::vector<std::int64_t>{2});
  CHECK(complaint(share, Code::unsupported).find("rename \"conversations\" to \"messages\"") != std::string::npos);
}

TEST_CASE("formats: files that cannot be read") {
  const auto code_of = [](const std::string& path) {
    try {
      Dataset::load(path);
    } catch (const Error& error) {
      return error.code();
    }
    return Code::internal;
  };
  CHECK(code_of("/nowhere/examples.jsonl") == Code::not_found);
  CHECK(code_of(std::filesystem::temp_directory_path().string()) == Code::invalid_argument);
  const TempFile empty("");
  CHECK(code_of(empty.path()) == Code::invalid_argument);
  CHECK_THROWS_AS(Dataset::check("/nowhere/examples.jsonl"), Error);
}
