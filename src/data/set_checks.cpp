#include "data/set_checks.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/fail.hpp"
#include "data/folded_hash.hpp"
#include "data/language.hpp"
#include "data/problems.hpp"
#include "data/refusals.hpp"
#include "data/text_checks.hpp"
#include "data/word_overlap.hpp"

namespace pmtune::data {
namespace {

constexpr std::int64_t good_start = 20;
constexpr std::size_t lines_named = 5;
constexpr std::size_t answers_for_a_median = 10;

// "84 %"; never 100, since equal texts are told otherwise.
std::string percent(double part) { return concat(std::min(99L, std::lround(part * 100)), " %"); }

std::string list_lines(const std::vector<std::int64_t>& lines, std::int64_t count) {
  std::string text = lines.size() == 1 ? "line " : "lines ";
  for (std::size_t i = 0; i < lines.size(); ++i) text += concat(i == 0 ? "" : ", ", lines[i]);
  return static_cast<std::int64_t>(lines.size()) < count ? text + ", ..." : text;
}

}  // namespace

void SetChecks::add(const Example& example, std::vector<Problem>& warnings) {
  ++examples_;
  compare_answers(example, warnings);
  note_language(example);
  tasks_.add(example);
  for (const Message& message : example.messages)
    if (message.role == "assistant" && message.weight != 0) {
      answers_.push_back({example.line, count_words(message.content)});
      if (!find_refusal(message.content).empty()) ++refusals_;
    }
  const Message& first = example.messages.front();
  Prompt& prompt = system_prompts_[first.role == "system" ? FoldedHash().text(first.content).value() : 0];
  if (prompt.count++ < static_cast<std::int64_t>(lines_named)) prompt.lines.push_back(example.line);
}

void SetChecks::compare_answers(const Example& example, std::vector<Problem>& warnings) {
  FoldedHash hash = folded_context(example);
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
  if (is_first) {
    compare_wording(example, warnings);
    return;
  }
  warnings.push_back(
      warning_at(example.line, "same_prompt_different_answers",
                 concat("The question is that of line ", other->second.line, ", but the answer is another."),
                 "Keep the better answer, or say in the questions what makes them differ."));
}

void SetChecks::compare_wording(const Example& example, std::vector<Problem>& warnings) {
  compared_lines_.push_back(example.line);
  const std::optional<Twin> twin = near_duplicates_.add(example);
  if (!twin) return;
  warnings.push_back(
      warning_at(example.line, "near_duplicate",
                 concat("It says nearly the same as line ", compared_lines_[twin->index], " (",
                        percent(twin->likeness), " alike)."),
                 "Keep the better of the two, or change one so that it teaches something of its own."));
}

// By the last question and the last answer that is taught: what stands before is seldom in another language.
void SetChecks::note_language(const Example& example) {
  const auto answer = std::find_if(example.messages.rbegin(), example.messages.rend(), [](const Message& message) {
    return message.role == "assistant" && message.weight != 0;
  });
  if (const char* language = language_of(answer->content))
    languages_.push_back({example.line, language_of(question_of(example)), language});
}

void SetChecks::check_languages(std::vector<Problem>& warnings) const {
  std::map<std::string_view, std::int64_t> counts;
  for (const Languages& of : languages_) ++counts[of.answer];
  if (counts.empty()) return;
  const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
  const std::string_view usual = std::max_element(counts.begin(), counts.end(), fewer)->first;
  for (const Languages& of : languages_) {
    if (of.answer != usual)
      warnings.push_back(warning_at(of.line, "mixed_languages",
                                    concat("The answer seems to be in ", of.answer, "; most are in ", usual, "."),
                                    "Translate it, unless the model should answer in both languages."));
    else if (of.question && std::string_view(of.question) != of.answer)
      warnings.push_back(
          warning_at(of.line, "mixed_languages",
                     concat("The question seems to be in ", of.question, " and the answer in ", of.answer, "."),
                     "Use one language in both, unless the model should translate."));
  }
}

// One refusal is told where it stands (text_checks.cpp).
void SetChecks::check_refusals(std::vector<Problem>& warnings) const {
  const auto answers = static_cast<std::int64_t>(answers_.size());
  if (refusals_ < 5 || refusals_ * 4 < answers) return;
  warnings.push_back(
      warning_at(0, "many_refusals",
                 concat(grouped_number(refusals_), " of ", grouped_number(answers), " answers refuse or apologise."),
                 "Keep a few; a model that sees so many learns to refuse what it could do."));
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
  check_languages(warnings);
  check_refusals(warnings);
  tasks_.finish(warnings);
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
