// Warnings that only show when the examples are seen side by side. Keeps hashes and numbers, not the examples.
#pragma once

#include <cstdint>
#include <pmtune/dataset.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/near_duplicates.hpp"
#include "data/tasks.hpp"

namespace pmtune::data {

class SetChecks {
 public:
  // Appends what can be said at once, then remembers the example.
  void add(const Example& example, std::vector<Problem>& warnings);

  // Appends what needs the whole set, and fills the counts of examples, turns and words.
  void finish(DatasetStats& stats, std::vector<Problem>& warnings) const;

 private:
  struct Answered {
    std::uint64_t answer = 0;
    std::int64_t line = 0;
  };
  struct Length {
    std::int64_t line = 0;
    std::int64_t words = 0;
  };
  struct Prompt {
    std::int64_t count = 0;
    std::vector<std::int64_t> lines;  // the first few
  };
  void compare_answers(const Example& example, std::vector<Problem>& warnings);
  void compare_wording(const Example& example, std::vector<Problem>& warnings);
  void note_language(const Example& example);
  void check_languages(std::vector<Problem>& warnings) const;
  void check_refusals(std::vector<Problem>& warnings) const;
  void check_lengths(std::int64_t median, std::vector<Problem>& warnings) const;
  void check_system_prompts(std::vector<Problem>& warnings) const;

  std::int64_t examples_ = 0;
  std::unordered_map<std::uint64_t, std::int64_t> lines_;     // by conversation
  std::unordered_map<std::uint64_t, Answered> questions_;     // by all but the last answer
  std::unordered_map<std::uint64_t, Prompt> system_prompts_;  // 0: none
  std::vector<Length> answers_;
  NearDuplicates near_duplicates_;
  std::vector<std::int64_t> compared_lines_;  // of the examples in near_duplicates_
  struct Languages {
    std::int64_t line = 0;
    const char* question = nullptr;
    const char* answer = nullptr;
  };
  std::vector<Languages> languages_;  // of the examples whose answer's language is known
  std::int64_t refusals_ = 0;
  TaskChecks tasks_;
};

}  // namespace pmtune::data
