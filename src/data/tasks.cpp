#include "data/tasks.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "base/markdown.hpp"
#include "data/kin.hpp"
#include "data/language.hpp"
#include "data/problems.hpp"
#include "data/word_overlap.hpp"

namespace pmtune::data {
namespace {

constexpr std::size_t words_looked_at = 25;  // of a question: what it asks for stands at its beginning
constexpr std::size_t members_of_a_task = 3;
constexpr std::size_t members_for_a_form = 5;
constexpr double usual = 0.8;  // part of the answers that makes a form the usual one

void add_once(std::vector<std::uint32_t>& numbers, std::uint32_t number) {
  if (std::find(numbers.begin(), numbers.end(), number) == numbers.end()) numbers.push_back(number);
}

// Words that say that something is asked, not what.
bool only_asks(const std::string& word) {
  static const std::set<std::string> words{"write",    "draft",   "create",   "prepare",   "please", "give",
                                           "need",     "want",    "make",     "help",      "using",  "use",
                                           "one",      "short",   "new",      "following", "based",  "provide",
                                           "generate", "product", "schreibe", "erstelle",  "bitte"};
  return words.contains(word) || word.size() < 3 || is_small_word(word);
}

// In small letters, without punctuation; "" where a word ends a sentence part, so that pairs do not reach over it.
std::vector<std::string> first_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto end = [&] {
    if (!word.empty()) words.push_back(ascii_lower(word));
    word.clear();
  };
  for (const char c : text) {
    if (words.size() >= words_looked_at) break;
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= '0' && byte <= '9') || (c == '-' && !word.empty());
    if (letter) {
      word += c;
      continue;
    }
    end();
    if (c != ' ' && (words.empty() || !words.back().empty())) words.emplace_back();
  }
  end();
  return words;
}

std::string quoted_name(const std::string& name) { return quoted(name, 60); }

}  // namespace

void TaskChecks::add(const Example& example) {
  if (kept_.size() == most_examples) return;
  Kept& kept = kept_.emplace_back();
  kept.line = example.line;
  if (const std::string tag = task_tag(example); !tag.empty()) {
    kept.task = tags_.number_of(tag);
    ++tagged_;
  }
  const std::vector<std::string> words = first_words(question_of(example));
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].empty() || only_asks(words[i])) continue;
    add_once(kept.words, words_.number_of(words[i]));
    if (i > 0 && !words[i - 1].empty() && !only_asks(words[i - 1]))
      add_once(kept.words, words_.number_of(words[i - 1] + " " + words[i]));
  }
  const std::string_view answer = trimmed(example.messages.back().content);
  if (answer.starts_with('{') || answer.starts_with('[')) kept.form.push_back(forms_.number_of("the form of JSON"));
  for (const std::string_view line : lines_of(answer)) {
    if (is_heading(line))
      add_once(kept.form, forms_.number_of("the heading " + quoted_name(without_marks(line))));
    else if (is_numbered_item(line))
      add_once(kept.form, forms_.number_of("a numbered list"));
    else if (is_list_item(line))
      add_once(kept.form, forms_.number_of("bullet points"));
    else if (trimmed(line).starts_with("|"))
      add_once(kept.form, forms_.number_of("a table"));
  }
}

void TaskChecks::finish(std::vector<Problem>& warnings) const {
  const bool by_tag = tagged_ * 2 >= kept_.size();
  const std::vector<Task> tasks = by_tag ? tasks_by_tag() : tasks_by_words();
  check_balance(tasks, warnings);
  for (const Task& task : tasks) check_form(task, warnings);
}

std::vector<TaskChecks::Task> TaskChecks::tasks_by_tag() const {
  std::vector<Task> tasks(tags_.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i].name = tags_.name(static_cast<std::uint32_t>(i));
  for (const Kept& kept : kept_)
    if (kept.task) tasks[*kept.task].members.push_back(&kept);
  return tasks;
}

// Again and again the word or pair that most of the remaining questions share; a pair says more than a word.
std::vector<TaskChecks::Task> TaskChecks::tasks_by_words() const {
  std::vector<Task> tasks;
  std::vector<const Kept*> rest;
  for (const Kept& kept : kept_) rest.push_back(&kept);
  while (rest.size() >= members_of_a_task) {
    std::vector<std::size_t> counts(words_.size(), 0);
    for (const Kept* kept : rest)
      for (const std::uint32_t word : kept->words) ++counts[word];
    std::size_t best = 0, most = 0;
    for (std::size_t word = 0; word < counts.size(); ++word) {
      const bool pair = words_.name(static_cast<std::uint32_t>(word)).find(' ') != std::string::npos;
      const std::size_t worth = counts[word] < members_of_a_task ? 0 : counts[word] * (pair ? 3 : 2);
      if (worth > most) best = word, most = worth;
    }
    // Names of few among many are topics, not tasks.
    if (most == 0 || counts[best] * 20 < kept_.size()) break;
    Task task{words_.name(static_cast<std::uint32_t>(best)), {}};
    const auto asks_for = [&](const Kept* kept) {
      return std::find(kept->words.begin(), kept->words.end(), best) != kept->words.end();
    };
    std::copy_if(rest.begin(), rest.end(), std::back_inserter(task.members), asks_for);
    std::erase_if(rest, asks_for);
    tasks.push_back(std::move(task));
  }
  return tasks;
}

void TaskChecks::check_balance(const std::vector<Task>& tasks, std::vector<Problem>& warnings) {
  if (tasks.size() < 2) return;
  const auto by_size = [](const Task& a, const Task& b) { return a.members.size() < b.members.size(); };
  const Task& largest = *std::max_element(tasks.begin(), tasks.end(), by_size);
  std::string rare;
  std::size_t count = 0;
  for (const Task& task : tasks) {
    if (task.members.size() > 4 || task.members.size() * 5 > largest.members.size()) continue;
    if (++count > 3) continue;
    rare += concat(count == 1 ? "" : ", ", task.members.size(), " about ", quoted_name(task.name));
  }
  if (count == 0) return;
  warnings.push_back(
      warning_at(0, "unbalanced_tasks",
                 concat("There are ", largest.members.size(), " examples about ", quoted_name(largest.name),
                        ", but only ", rare, count > 3 ? ", ..." : "", "."),
                 "Add examples of the rare tasks, or leave them out: the model does best what it sees often."));
}

void TaskChecks::check_form(const Task& task, std::vector<Problem>& warnings) const {
  const std::size_t members = task.members.size();
  if (members < members_for_a_form) return;
  std::vector<std::size_t> counts(forms_.size(), 0);
  for (const Kept* kept : task.members)
    for (const std::uint32_t form : kept->form) ++counts[form];
  for (const Kept* kept : task.members) {
    std::string lacking;
    std::size_t lacks = 0;
    for (std::uint32_t form = 0; form < counts.size(); ++form) {
      if (static_cast<double>(counts[form]) < usual * static_cast<double>(members)) continue;
      if (std::find(kept->form.begin(), kept->form.end(), form) != kept->form.end()) continue;
      if (++lacks <= 2) lacking += concat(lacks == 1 ? "" : " and ", forms_.name(form));
    }
    if (lacks == 0) continue;
    warnings.push_back(warning_at(kept->line, "answer_form_differs",
                                  concat("Most answers about ", quoted_name(task.name), " have ", lacking,
                                         lacks > 2 ? " and more" : "", ", but this one has not."),
                                  "Bring it into the form of the others, unless the difference is wanted."));
  }
}

}  // namespace pmtune::data
