// Which files are read, and as what.
#include <doctest/doctest.h>
#include <zlib.h>

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

std::string gzipped(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()), 0);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
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

TEST_CASE("formats: ShareGPT, its roles by their usual names") {
  const std::string line =
      R"({"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A", "weight": 0},)"
      R"( {"from": "human", "value": "Q2"}, {"from": "gpt", "value": "A2"}], "system": "S", "id": "7"})";
  const Dataset data = Dataset::parse(line);
  CHECK(data[0].messages ==
        std::vector<Message>{
            {"system", "S", 1}, {"user", "Q", 1}, {"assistant", "A", 0}, {"user", "Q2", 1}, {"assistant", "A2", 1}});
  CHECK(check(line).stats.format == "sharegpt");
  CHECK(lines_of(line, "unrecognized_key") == std::vector<std::int64_t>{1});  // "id"
  const std::string tool =
      R"({"conversations": [{"from": "human", "value": "Q"}, {"from": "observation", "value": "A"}]})";
  CHECK(lines_of(tool, "unrecognized_role") == std::vector<std::int64_t>{1});
  const std::string own_names =
      R"({"conversations": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]})";
  CHECK(Dataset::parse(own_names)[0].messages.size() == 2);
}

TEST_CASE("formats: pairs under other tools' names") {
  const auto messages = [](const std::string& line) { return Dataset::parse(line)[0].messages; };
  const std::vector<Message> pair{{"user", "Q", 1}, {"assistant", "A", 1}};
  CHECK(messages(R"({"question": "Q", "answer": "A"})") == pair);
  CHECK(messages(R"({"query": "Q", "response": "A"})") == pair);
  CHECK(messages(R"({"input": "Q", "output": "A"})") == pair);
  CHECK(messages(R"({"instruction": "Q", "context": "", "response": "A"})") == pair);
  CHECK(
      messages(
          R"({"prompt": [{"role": "user", "content": "Q"}], "completion": [{"role": "assistant", "content": "A"}]})") ==
      pair);
  CHECK(messages(R"({"system": "S", "question": "Q", "context": "C", "answer": "A"})") ==
        std::vector<Message>{{"system", "S", 1}, {"user", "Q\n\nC", 1}, {"assistant", "A", 1}});
  CHECK(check(R"({"question": "Q", "answer": "A"})").stats.format == "question-answer");
  CHECK(problems_of(R"({"question": "Q"})", "message_missing_key").at(0).message == "There is no \"answer\" here.");
  CHECK(problems_of(R"({"response": "A"})", "message_missing_key").at(0).message == "There is no \"prompt\" here.");
}

TEST_CASE("formats: content in parts") {
  const std::string start = R"({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, )";
  const std::string end = R"(]}, {"role": "assistant", "content": "A"}]})";
  CHECK(Dataset::parse(start + R"({"type": "text", "text": "b"})" + end)[0].messages[0].content == "ab");
  CHECK(lines_of(start + R"({"type": "image_url", "image_url": "x"})" + end, "data_type") ==
        std::vector<std::int64_t>{1});
}

TEST_CASE("formats: tables") {
  const std::string header = "Question,Answer,Tags\n";
  const Dataset data = Dataset::parse(header +
                                      "\"What, then?\",\"Line one\nline \"\"two\"\"\",prd; growth\n"
                                      ",,\n"
                                      "Second,Plain,\n");
  REQUIRE(data.size() == 2);
  CHECK(data[0].messages[0].content == "What, then?");
  CHECK(data[0].messages[1].content == "Line one\nline \"two\"");
  CHECK(data[0].tags == std::vector<std::string>{"prd", "growth"});
  CHECK(data[0].line == 2);
  CHECK(data[1].line == 5);
  CHECK(data[1].tags.empty());
  for (const char* text : {"prompt;completion\r\nQ;A\r\n", "sep=;\nprompt;completion\nQ;A",
                           "Prompt\tCompletion\nQ\tA\n", "\xEF\xBB\xBFuser,assistant\nQ,A\n"}) {
    CAPTURE(text);
    const Dataset one = Dataset::parse(text);
    REQUIRE(one.size() == 1);
    CHECK(one[0].messages == std::vector<Message>{{"user", "Q", 1}, {"assistant", "A", 1}});
  }
  const DatasetReport report = check(header + "Q,A,\n", ".csv");
  CHECK(report.stats.format == "question-answer");
  CHECK(report.stats.container == "csv");
}

TEST_CASE("formats: what is wrong with a table is told by its row") {
  const auto first = [](const std::string& text) {
    const std::vector<Problem> problems = check(text, ".csv").problems;
    return problems.at(problems.at(0).severity == Severity::warning ? 1 : 0);  // too few examples: the whole file
  };
  CHECK(first("a,b\n1,2\n").code == "unknown_columns");
  CHECK(first("a,b\n1,2\n").message.find("\"a\", \"b\"") != std::string::npos);
  CHECK(first("").code == "empty_file");
  const std::string header = "question,answer\n";
  CHECK(first(header + "Q,A\nQ,A,B\n").code == "invalid_table");
  CHECK(first(header + "Q,A\nQ,A,B\n").line == 3);
  CHECK(first(header + "Q,\"A\nB\n").message == "A quote opens in this row and is never closed.");
  CHECK(first(header + "Q,\n").code == "empty_answer");
  CHECK(first(header + "Q,a\xE4"
                       "b\n")
            .code == "encoding");
  LoadOptions as_table;
  as_table.format = "csv";
  CHECK_THROWS_AS(Dataset::parse(good_line(), "x.jsonl", as_table), Error);
}

TEST_CASE("formats: compressed files") {
  const std::string plain = Dataset::parse(good_lines(300)).hash();
  const std::string packed = gzipped(good_lines(300));
  CHECK(Dataset::parse(packed).hash() == plain);
  CHECK(Dataset::parse(gzipped(good_lines(150)) + gzipped(good_lines(300).substr(good_lines(150).size()))).hash() ==
        plain);
  CHECK(check(packed, ".jsonl.gz").stats.container == "jsonl.gz");
  CHECK(check(gzipped("question,answer\nQ,A\n"), ".CSV.gz").stats.container == "csv.gz");
  const DatasetReport cut = check(packed.substr(0, packed.size() / 2));
  CHECK(cut.problems.at(0).code == "damaged_gzip");
  CHECK(cut.problems.at(0).message == "The compressed file ends too early.");
  std::string damaged = packed;
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] + 1);
  CHECK_FALSE(check(damaged).ok());
  for (std::size_t size = 0; size < packed.size(); size += 7) CHECK_FALSE(check(packed.substr(0, size)).ok());
}

TEST_CASE("formats: what is not read says what to do") {
  CHECK(check("PK\x03\x04", ".xlsx").problems.at(0).code == "unsupported");
  CHECK(check("PAR1", ".parquet").problems.at(0).code == "unsupported");
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
