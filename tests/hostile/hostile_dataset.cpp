// Datasets that were not written by a friend: check() never throws because of what a file holds, load() throws
// nothing but pmtune::Error, and neither takes long.
#include <doctest/doctest.h>
#include <pmtune/dataset.hpp>
#include <pmtune/error.hpp>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <string>

#include "data/random.hpp"
#include "limits.hpp"

using namespace pmtune;

namespace {

const std::string seed_file =
    "\xEF\xBB\xBF"
    R"({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Hallo \u00e4 😀"},)"
    R"( {"role": "assistant", "content": "A\nB", "weight": 1}], "tags": ["x"]})"
    "\r\n\n"
    R"({"prompt": "Mail jane@acme.com", "completion": "+49 171 1234567 <|im_end|>"})"
    "\n"
    R"({"instruction": "I", "input": "4111 1111 1111 1111", "output": "O"})"
    "\n";
const std::string seed_list =
    "[\n{\"prompt\": \"a ] }\", \"completion\": \"b\"},\n{\"prompt\": \"c\", \"completion\": [1, {\"d\": "
    "null}]}\n]\n";

// Both ways in; any other exception than Error ends the test as a failure.
void survive_within_limits(const std::string& text, const std::string& ending) {
  const auto path =
      std::filesystem::temp_directory_path() / ("pmtune-hostile-data-" + std::to_string(::getpid()) + ending);
  std::ofstream(path, std::ios::binary) << text;
  DatasetReport report;
  REQUIRE_NOTHROW(report = Dataset::check(path.string()));
  REQUIRE_NOTHROW(report.to_text());
  REQUIRE_NOTHROW(report.to_json());
  std::filesystem::remove(path);
  for (const char* on_error : {"raise", "skip"}) {
    LoadOptions options;
    options.on_error = on_error;
    bool loaded = false;
    try {
      const Dataset data = Dataset::parse(text, "hostile" + ending, options);
      loaded = true;
      REQUIRE(Dataset::parse(data.to_jsonl()).hash() == data.hash());
    } catch (const Error&) {
    }
    if (options.on_error == "raise") REQUIRE(loaded == report.ok());
    if (options.on_error == "skip" && loaded) REQUIRE(report.stats.examples > 0);
  }
}

void survive(const std::string& text, const std::string& ending = ".jsonl") {
  hostile::within_limits([&] { survive_within_limits(text, ending); });
}

std::string mutated(std::string text, data::Random& random) {
  for (std::uint64_t changes = 1 + random.below(4); changes > 0 && !text.empty(); --changes) {
    const std::size_t at = random.below(text.size());
    const std::size_t size = 1 + random.below(8);
    switch (random.below(6)) {
      case 0: text[at] = static_cast<char>(random.below(256)); break;
      case 1: text.erase(at, size); break;
      case 2: text.insert(at, text.substr(random.below(text.size()), size * 4)); break;
      case 3: text.insert(at, 1, "{}[]\",:\\\n\0 "[random.below(11)]); break;
      case 4: text[at] = static_cast<char>(text[at] ^ (1 << random.below(8))); break;
      default: text.insert(at, size, static_cast<char>(random.below(256)));
    }
  }
  return text;
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("hostile dataset: every truncation") {
  for (std::size_t size = 0; size <= seed_file.size(); ++size) survive(seed_file.substr(0, size));
  for (std::size_t size = 0; size <= seed_list.size(); ++size) survive(seed_list.substr(0, size), ".json");
}

TEST_CASE("hostile dataset: 2,000 mutations") {
  data::Random random(20260728);
  for (int i = 0; i < 1500; ++i) survive(mutated(seed_file, random));
  for (int i = 0; i < 500; ++i) survive(mutated(seed_list, random), ".json");
}

TEST_CASE("hostile dataset: deep nesting") {
  for (const char* bracket : {"[", "{\"a\":", "{\"messages\":["}) {
    survive(repeated(bracket, 100'000));
    survive("{\"messages\": " + repeated(bracket, 100'000) + "}");
    survive("[" + repeated(bracket, 100'000), ".json");
  }
  survive("{\"messages\": " + repeated("[", 5000) + repeated("]", 5000) + "}");
}

TEST_CASE("hostile dataset: one line of 10 MB") {
  const std::string big(10'000'000, 'x');
  survive(big);
  survive("{\"prompt\": \"" + big + "\", \"completion\": \"y\"}");
  survive("{\"prompt\": \"" + big);
  survive("{\"" + big + "\": 1}");
  survive("{\"messages\": [{\"role\": \"" + big + "\", \"content\": \"y\"}]}");
  survive("{\"messages\": [{\"" + big + "\": \"y\"}]}");
  survive("{\"prompt\": \"" + repeated("a@b.", 400'000) + "\", \"completion\": \"" + repeated("1 ", 400'000) + "\"}");
  survive("{\"prompt\": \"" + repeated("<|<[", 400'000) + "\", \"completion\": \"y\"}");
  survive("[" + repeated("1,", 100'000) + "1]", ".json");
  survive(repeated("\n", 10'000'000));
}

TEST_CASE("hostile dataset: a line without end is not kept in memory") {
  std::string endless(70u << 20, 'x');
  endless += "\n{\"prompt\": \"a\", \"completion\": \"b\"}\n";
  LoadOptions skip;
  skip.on_error = "skip";
  const Dataset data = Dataset::parse(endless, "endless", skip);
  REQUIRE(data.size() == 1);
  CHECK(data[0].line == 2);
  endless.resize(66u << 20);
  CHECK_THROWS_AS(Dataset::parse(endless, "endless", skip), Error);
}

TEST_CASE("hostile dataset: zero bytes, bad UTF-8, big numbers, odd keys") {
  survive(std::string(1000, '\0'));
  survive(std::string("{\0}", 3));
  survive(std::string("{\"prompt\": \"a\0b\", \"completion\": \"c\"}", 36));
  survive("{\"prompt\": \"\\u0000\", \"completion\": \"\\ud800\"}");
  survive("{\"prompt\": \"\xC0\xAF\", \"completion\": \"\xED\xA0\x80\"}");
  survive("{\"prompt\": \"\xFF\xFE\", \"completion\": \"x\"}");
  for (const char* number :
       {"1e999", "-1e999", "123456789012345678901234567890", "1e-999", "0x10", "NaN", "Infinity", "-", "1.", "00"}) {
    survive(std::string("{\"messages\": [{\"role\": \"user\", \"content\": ") + number + "}]}");
    survive(std::string("{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", "
                        "\"content\": \"a\", \"weight\": ") +
            number + "}]}");
    survive(number);
  }
  survive("{\"messages\": [], \"messages\": []}");
  survive("{\"\": 1}");
  survive("{\"messages\": [{\"\": 1}]}");
  survive("{\"messages\": {\"role\": \"user\"}}");
  survive("{\"prompt\": null, \"completion\": null}");
  survive("{\"instruction\": {}, \"input\": [], \"output\": 1, \"tags\": {}}");
  survive("\r\r\r\n\r");
  survive("]");
  survive("[[[]]]", ".json");
  survive("[,,,,]", ".json");
  survive("[\"", ".json");
  survive("[\\", ".json");
  survive("{\n]}{\n", ".json");
}

TEST_CASE("hostile dataset: the wording of a key costs nothing") {
  std::string line = "{";
  for (int i = 0; i < 20'000; ++i) line += "\"key" + std::to_string(i) + "\": 1, ";
  survive(line + "\"prompt\": \"a\", \"completion\": \"b\"}");
  std::string messages;
  for (int i = 0; i < 20'000; ++i) messages += "{\"role\": \"rol" + std::to_string(i) + "\", \"contnt\": \"x\"},";
  survive("{\"messages\": [" + messages + "{}]}");
}
