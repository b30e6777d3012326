// What the examples ask for, and whether answers to the same task look alike.
//
// Where half of the examples or more have tags, the first tag is the task. Elsewhere the words that the questions
// share divide them: "user story", "release note". Only the first examples are divided; what holds for 5,000 holds
// for more.
#pragma once

#include <cstdint>
#include <optional>
#include <pmtune/dataset.hpp>
#include <string>
#include <vector>

#include "data/name_table.hpp"

namespace pmtune::data {

class TaskChecks {
 public:
  static constexpr std::size_t most_examples = 5000;

  // In the order of the file.
  void add(const Example& example);
  void finish(std::vector<Problem>& warnings) const;

 private:
  // What is kept of an example: not its text.
  struct Kept {
    std::int64_t line = 0;
    std::optional<std::uint32_t> task;  // its tag
    std::vector<std::uint32_t> words;   // words of the question and pairs of them, each once
    std::vector<std::uint32_t>
        form;  // what the answer looks like, each once: "the heading \"Plan\"", "bullet points"
  };
  struct Task {
    std::string name;
    std::vector<const Kept*> members;
  };
  std::vector<Task> tasks_by_tag() const;
  std::vector<Task> tasks_by_words() const;
  static void check_balance(const std::vector<Task>& tasks, std::vector<Problem>& warnings);
  void check_form(const Task& task, std::vector<Problem>& warnings) const;

  std::vector<Kept> kept_;
  std::size_t tagged_ = 0;
  NameTable tags_, words_, forms_;
};

}  // namespace pmtune::data
