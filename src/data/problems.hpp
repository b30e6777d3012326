// Problems as they are found: made, shown safely, kept short.
#pragma once

#include <cstdint>
#include <map>
#include <pmtune/dataset.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace pmtune::data {

// message and fix are whole sentences, with capital and full stop.
Problem error_at(std::int64_t line, const char* code, std::string message, std::string fix);
Problem warning_at(std::int64_t line, const char* code, std::string message, std::string fix);

// before: what stands before the character that is not UTF-8.
Problem encoding_problem(std::int64_t line, std::string_view before);

// Text from the file, fit to be shown in a message: in quotes, one line, valid UTF-8, cut to `most` characters, with
// e-mail addresses and numbers of people made unreadable.
std::string quoted(std::string_view text, std::size_t most = 40);

// Valid UTF-8 without line breaks and control characters.
std::string one_line(std::string_view text);

// The first `most` characters of valid UTF-8.
std::string_view first_characters(std::string_view text, std::size_t most);
// The last `most` characters of valid UTF-8.
std::string_view last_characters(std::string_view text, std::size_t most);

// "examples.jsonl line 7: the last message is ...; add the answer or remove the line."
std::string one_sentence(std::string_view place, const Problem& problem);

// "12,345"
std::string grouped_number(std::int64_t number);
// "1 line", "12 lines"
std::string counted(std::int64_t number, const char* noun);

// Collects the problems of one file. Of each code the first ones are kept and the others counted, so that the report
// of a file with 100,000 broken lines can be read.
class ProblemList {
 public:
  static constexpr std::int64_t most_per_code = 50;

  void add(Problem problem);
  std::vector<Problem> take();  // by line, errors before warnings

 private:
  struct Tally {
    std::int64_t count = 0;
    std::int64_t first_unlisted = 0;
    std::int64_t last = 0;
    Severity severity = Severity::warning;
    std::string fix;
  };
  std::vector<Problem> problems_;
  std::map<std::string, Tally> tallies_;
};

}  // namespace pmtune::data
