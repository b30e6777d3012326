#include "data/set_checks.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "data/problems.hpp"
#include "data/text_checks.hpp"

namespace pmtune::data {
namespace {

constexpr std::int64_t good_start = 20;
constexpr std::size_t lines_named = 5;
constexpr std::size_t answers_for_a_median = 10;

// FNV-1a over text whose runs of white space count as one space. Strong enough to compare one person's examples.
class FoldedHash {
 public:
  FoldedHash& text(const std::string& text) {
    bool gap = false, begun = false;
    for (const char c : text) {
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        gap = true;
        continue;
      }
      if (gap && begun) byte(' ');
      gap = false;
      begun = true;
      byte(static_cast<unsigned char>(c));
    }
    byte(0x1F);  // the next text is another one
    return *this;
  }
  std::uint64_t value() const { return value_; }

 private:
  void byte(unsigned char c) { value_ = (value_ ^ c) * 0x100000001B3u; }
  std::uint64_t value_ = 0xCBF29CE484222325u;
};

std::string list_lines(const std::vector<std::int64_t>& lines, std::int64_t count) {
  std::string text = lines.size() == 1 ? "line " : "lines ";
  for (std::size_t i = 0; i < lines.size(); ++i) text += concat(i == 0 ? "" : ", ", lines[i]);
  return static_cast<std::int64_t>(lines.size()) < count ? text + ", ..." : text;
}

}  // namespace

void SetChecks::add(const Example& example, std::vector<Problem>& warnings) {
  ++examples_;
  compare_answers(example, warnings);
  for (const Message& message : example.messages)
    if (message.role == "assistant" && message.weight != 0)
      answers_.push_back({example.line, count_words(message.content)});
  const Message& first = example.messages.front();
  Prompt& prompt = system_prompts_[first.role == "system" ? FoldedHash().text(first.content).value() : 0];
  if (prompt.count++ < static_cast<std::int64_t>(lines_named)) prompt.lines.push_back(example.line);
}

void SetChecks::compare_answers(const Example& example, std::vector<Problem>& warnings) {
  FoldedHash hash;
  for (std::size_t i = 0; i + 1 < example.messages.size(); ++i)
    hash.text(example.messages[i].role).text(example.messages[i].content);
  const std::uint64_t question = hash.value();
  const std::uint64_t answer = hash.text(example.messages.back().content).value();
  const auto [same, is_new] = lines_.try_emplace(answer, example.line);
  if (!is_new) {
    warnings.push_back(warning_at(example.line, "duplicate_example",
                                  concat("The same example stands in line ", same->second, "."),
                                  "Remove one of the two, or the model gives it double weight."));
    return;
  }
  const auto [other, is_first] = questions_.try_emplace(question, Answered{answer, example.line});
  if (!is_first)
    warnings.push_back(
        warning_at(example.line, "same_prompt_different_answers",
                   concat("The question is that of line ", other->second.line, ", but the answer is another."),
                   "Keep the better answer, or say in the questions what makes them differ."));
}

void SetChecks::finish(DatasetStats& stats, std::vector<Problem>& warnings) const {
  stats.examples = examples_;
  stats.turns = static_cast<std::int64_t>(answers_.size());
  if (examples_ == 0) return;
  std::vector<std::int64_t> words;
  for (const Length& answer : answers_) words.push_back(answer.words);
  std::sort(words.begin(), words.end());
  stats.answer_words_least = words.front();
  stats.answer_words_median = words[words.size() / 2];
  stats.answer_words_most = words.back();
  if (examples_ < good_start)
    warnings.push_back(
        warning_at(0, "fewer_than_20_examples",
                   concat("There ", examples_ == 1 ? "is" : "are", " only ", counted(examples_, "usable example"),
                          "; below 20 the model seldom learns enough."),
                   concat("Add ", good_start - examples_, " or more.")));
  check_system_prompts(warnings);
  if (words.size() >= answers_for_a_median) check_lengths(stats.answer_words_median, warnings);
}

// Only what is far off: answers of different genres may well differ several times in length.
void SetChecks::check_lengths(std::int64_t median, std::vector<Problem>& warnings) const {
  for (const Length& answer : answers_) {
    if (answer.words >= 200 && answer.words > 8 * median)
      warnings.push_back(warning_at(
          answer.line, "very_long_answer",
          concat("The answer has ", counted(answer.words, "word"), "; half of all have at most ", median, "."),
          "Shorten it, unless the model should write that long."));
    else if (median >= 30 && answer.words * 10 < median)
      warnings.push_back(warning_at(
          answer.line, "very_short_answer",
          concat("The answer has ", counted(answer.words, "word"), "; half of all have at least ", median, "."),
          "Complete it, unless the model should answer that briefly."));
  }
}

void SetChecks::check_system_prompts(std::vector<Problem>& warnings) const {
  if (system_prompts_.size() < 2) return;
  const auto usual =
      std::max_element(system_prompts_.begin(), system_prompts_.end(), [](const auto& a, const auto& b) {
        if (a.second.count != b.second.count) return a.second.count < b.second.count;
        return a.second.lines > b.second.lines;  // of equals the one that comes first in the file
      });
  Prompt others;
  for (const auto& [hash, prompt] : system_prompts_) {
    if (hash == usual->first) continue;
    others.count += prompt.count;
    others.lines.insert(others.lines.end(), prompt.lines.begin(), prompt.lines.end());
  }
  std::sort(others.lines.begin(), others.lines.end());
  others.lines.resize(std::min(others.lines.size(), lines_named));
  const std::string usual_text = usual->first == 0 ? "no system message" : "the same system message";
  warnings.push_back(
      warning_at(0, "inconsistent_system_prompts",
                 concat(counted(usual->second.count, "example"), usual->second.count == 1 ? " has " : " have ",
                        usual_text, ", ", grouped_number(others.count),
                        others.count == 1 ? " differs (" : " differ (", list_lines(others.lines, others.count), ")."),
                 "Use one system message everywhere, the one that the finished product will send."));
}

}  // namespace pmtune::data
