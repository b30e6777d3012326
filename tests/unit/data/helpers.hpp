// Files that live as long as a test, and short ways to look into reports.
#pragma once

#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <pmtune/dataset.hpp>
#include <pmtune/error.hpp>
#include <string>
#include <vector>

namespace data_tests {

class TempFile {
 public:
  explicit TempFile(const std::string& text, const std::string& ending = ".jsonl") {
    static std::atomic<int> number{0};
    path_ = std::filesystem::temp_directory_path() /
            ("pmtune-data-" + std::to_string(::getpid()) + "-" + std::to_string(number++) + ending);
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TempFile() { std::filesystem::remove(path_); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

inline pmtune::DatasetReport check(const std::string& text, const std::string& ending = ".jsonl") {
  const TempFile file(text, ending);
  return pmtune::Dataset::check(file.path());
}

inline std::vector<pmtune::Problem> problems_of(const std::string& text, const std::string& code) {
  std::vector<pmtune::Problem> found;
  for (const pmtune::Problem& problem : check(text).problems)
    if (problem.code == code) found.push_back(problem);
  return found;
}

inline std::vector<std::int64_t> lines_of(const std::string& text, const std::string& code) {
  std::vector<std::int64_t> lines;
  for (const pmtune::Problem& problem : problems_of(text, code)) lines.push_back(problem.line);
  return lines;
}

// What load says, or "" when it says nothing.
inline std::string complaint(const std::string& text, pmtune::Code code = pmtune::Code::invalid_argument) {
  try {
    pmtune::Dataset::parse(text, "examples.jsonl");
  } catch (const pmtune::Error& error) {
    return error.code() == code ? error.what() : std::string("wrong code: ") + error.what();
  }
  return "";
}

// A faultless line; different numbers make different examples.
inline std::string good_line(int number = 0) {
  const std::string n = std::to_string(number);
  return R"({"messages": [{"role": "user", "content": "Question )" + n +
         R"("}, {"role": "assistant", "content": "Answer )" + n + "\"}]}\n";
}

inline std::string good_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += good_line(i);
  return text;
}

// A chat line with these messages, given as JSON.
inline std::string chat(const std::string& messages) { return "{\"messages\": [" + messages + "]}\n"; }

inline std::string message(const std::string& role, const std::string& content) {
  return "{\"role\": \"" + role + "\", \"content\": \"" + content + "\"}";
}

// Question and answer, given as JSON texts without quotes.
inline std::string pair(const std::string& question, const std::string& answer) {
  return chat(message("user", question) + ", " + message("assistant", answer));
}

inline pmtune::Dataset numbered(int count) {
  return count == 0 ? pmtune::Dataset() : pmtune::Dataset::parse(good_lines(count));
}

inline std::vector<std::string> questions_of(const pmtune::Dataset& data) {
  std::vector<std::string> questions;
  for (const pmtune::Example& example : data.examples()) questions.push_back(example.messages.front().content);
  return questions;
}

inline std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

}  // namespace data_tests
