// Every warning: when it comes, and when it does not.
#include <doctest/doctest.h>

#include "data/personal_data.hpp"
#include "data/text_checks.hpp"
#include "helpers.hpp"

using namespace pmtune;
using namespace data_tests;
using Lines = std::vector<std::int64_t>;

TEST_CASE("warnings: a good file of 20 examples has none") {
  const DatasetReport report = check(good_lines(20));
  CHECK(report.ok());
  CHECK(report.problems.empty());
}

TEST_CASE("warnings: they do not make a file faulty") {
  const DatasetReport report = check(good_lines(19));
  CHECK(report.ok());
  REQUIRE(report.problems.size() == 1);
  CHECK(report.problems[0].code == "fewer_than_20_examples");
  CHECK(report.problems[0].severity == Severity::warning);
  CHECK(report.problems[0].fix == "Add 1 or more.");
  CHECK(Dataset::parse(good_line() + good_line()).size() == 2);
}

TEST_CASE("warnings: duplicates, whatever their white space") {
  const std::string text =
      pair("a b", "c d") + good_line() + pair(" a\\n b ", "c  d") + pair("a b", "other") + pair("ab", "cd");
  CHECK(lines_of(text, "duplicate_example") == Lines{3});
  CHECK(problems_of(text, "duplicate_example").at(0).message == "The same example stands in line 1.");
  CHECK(lines_of(text, "same_prompt_different_answers") == Lines{4});
  CHECK(problems_of(text, "same_prompt_different_answers").at(0).message ==
        "The question is that of line 1, but the answer is another.");
}

TEST_CASE("warnings: template tokens") {
  for (const char* token :
       {"<|im_end|>", "<|user|>", "<|eot_id|>", "[INST]", "[/INST]", "<<SYS>>", "<start_of_turn>", "<end_of_turn>"}) {
    CAPTURE(token);
    CHECK(data::find_template_token(std::string("text ") + token + " text") == token);
    CHECK(lines_of(good_line() + pair("x", std::string("y ") + token), "template_tokens_in_content") == Lines{2});
  }
  for (const char* text : {"a <b> c", "<|", "<||>", "<| x |>", "[1]", "<|x", "a | b", "<s>old</s>", ""})
    CHECK(data::find_template_token(text).empty());
}

TEST_CASE("warnings: invisible characters") {
  for (const char* text : {"a\u200Bb", "a\u200Db", "\uFEFFa", "a\u202Eb", "a\u2066b", "a\u00ADb", "a\u2060b", "a\x01",
                           "\x7F", "a\u0085", "\uFFFD"}) {
    CAPTURE(text);
    CHECK(data::find_invisible_character(text) != nullptr);
  }
  for (const char* text : {"plain\n\ttext\r\n", "grün", "👩‍💻 ❤️", "می‌خواهم",
                           "non\u00A0breaking", "\u2014 \u2026"}) {
    CAPTURE(text);
    CHECK(data::find_invisible_character(text) == nullptr);
  }
  CHECK(lines_of(good_line() + pair("a\\u0000", "b"), "invisible_characters") == Lines{2});
}

TEST_CASE("warnings: system messages that differ") {
  const auto with = [](const std::string& system, int number) {
    return chat(message("system", system) + ", " + message("user", "q" + std::to_string(number)) + ", " +
                message("assistant", "a"));
  };
  CHECK(problems_of(with("S", 1) + with(" S ", 2), "inconsistent_system_prompts").empty());
  const auto problems =
      problems_of(with("S", 1) + with("T", 2) + with("S", 3) + good_line(), "inconsistent_system_prompts");
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].line == 0);
  CHECK(problems[0].message == "2 examples have the same system message, 2 differ (lines 2, 4).");
}

TEST_CASE("warnings: lengths far from the usual") {
  std::string words;
  for (int i = 0; i < 50; ++i) words += "word ";
  std::string text;
  for (int i = 0; i < 12; ++i) text += pair("q" + std::to_string(i), words + std::to_string(i));
  std::string many;
  for (int i = 0; i < 10; ++i) many += words;
  CHECK(lines_of(text + pair("long", many), "very_long_answer") == Lines{13});
  CHECK(lines_of(text + pair("short", "No."), "very_short_answer") == Lines{13});
  CHECK(check(text + pair("half", words.substr(0, 100)) + pair("double", words + words)).problems.size() ==
        1);                                                                         // fewer than 20
  CHECK(lines_of(pair("long", many) + good_lines(3), "very_long_answer").empty());  // too few to know what is usual
}

TEST_CASE("warnings: personal data is found and not repeated") {
  const auto found = [](const std::string& text) {
    std::vector<std::string> kinds;
    for (const auto& item : data::find_personal_data(text)) kinds.push_back(item.kind);
    return kinds;
  };
  const std::vector<std::string> mail{"an e-mail address"}, phone{"a phone number"}, card{"a card number"};
  CHECK(found("write to jane.miller+x@acme-billing.co.uk.") == mail);
  CHECK(found("a@b.de") == mail);
  for (const char* text : {"call +49 171 1234567", "+1 (415) 555-0100 please", "415-555-0100", "(415) 555-0100",
                           "0171 1234567", "+442079460958"}) {
    CAPTURE(text);
    CHECK(found(text) == phone);
  }
  for (const char* text :
       {"4111 1111 1111 1111", "4111-1111-1111-1111", "card 4111111111111111.", "378282246310005"}) {
    CAPTURE(text);
    CHECK(found(text) == card);
  }
  for (const char* text : {"anna@example.com", "@handle", "a@b", "x@y.test", "2024-10-01", "2024-10-01 10:20:30",
                           "1,234,567", "10.0.0.1", "$120 000 000", "4111 1111 1111 1112", "1700000000000",
                           "978-3-16-148410-0", "v1.2.3-4", "+20%", "Q3 2025", "id 0123456789012345678901234"}) {
    CAPTURE(text);
    CHECK(found(text).empty());
  }
  CHECK(data::mask_personal_data("jane@acme.com, 4111 1111 1111 1111, +49 171 1234567!") ==
        "j***@***.com, ***1111, +49***!");
  const std::string text = good_line() + pair("x", "Ask jane@acme.com or +49 171 1234567.");
  CHECK(lines_of(text, "personal_data") == Lines{2});
  const std::string told = check(text).to_json();
  CHECK(told.find("jane@") == std::string::npos);
  CHECK(told.find("1234567") == std::string::npos);
}

TEST_CASE("warnings: a system message that stands everywhere is judged once") {
  std::string text;
  for (int i = 0; i < 5; ++i)
    text += chat(message("system", "Ask jane@acme.com") + ", " + message("user", "q" + std::to_string(i)) + ", " +
                 message("assistant", "a"));
  CHECK(lines_of(text, "personal_data") == Lines{1});
}

TEST_CASE("warnings: keys that nothing reads") {
  const auto problems = problems_of(
      "{\"prompt\": \"a\", \"completion\": \"b\", \"id\": 1}\n{\"prompt\": \"c\", \"completion\": \"d\", \"id\": 2}",
      "unrecognized_key");
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].line == 1);
  CHECK(problems[0].message == "\"id\" is not used here (nor in 1 other line).");
}

TEST_CASE("words: as people count them") {
  CHECK(data::count_words("") == 0);
  CHECK(data::count_words("  one two\nthree ") == 3);
  CHECK(data::count_words("日本語") == 3);
  CHECK(data::count_words("uses API 三次") == 4);
}
