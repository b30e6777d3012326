// Dataset::merge_team: several people's examples in one set, and what they should talk about.
#include <algorithm>
#include <unordered_map>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "data/canonical.hpp"
#include "data/dataset_impl.hpp"
#include "data/folded_hash.hpp"
#include "data/word_overlap.hpp"
#include "data/problems.hpp"

namespace pmtune {
namespace {

class Team {
 public:
  void add(const std::string& person, const std::vector<Example>& examples) {
    if (person.empty() || find_invalid_utf8(person) != std::string_view::npos)
      fail(Code::invalid_argument,
           "A person of the team has no name, or one that is not UTF-8; give each set a name.");
    for (Example example : examples) {
      if (example.author.empty()) example.author = person;
      add(std::move(example));
    }
  }

  std::vector<Example> examples;
  data::ProblemList problems;

 private:
  void add(Example&& example) {
    const auto [same, is_new] = conversations_.try_emplace(data::canonical_conversation(example), examples.size());
    if (!is_new) {
      report_duplicate(examples[same->second], example, same->second);
      unite_tags(examples[same->second], example);
      return;
    }
    const auto [other, is_first] = questions_.try_emplace(data::question_hash(example), examples.size());
    if (!is_first && contradict(examples[other->second], example))
      report_contradiction(examples[other->second], example);
    examples.push_back(std::move(example));
  }

  // The same answer under another system message contradicts nobody.
  static bool contradict(const Example& first, const Example& second) {
    const auto answer = [](const Example& e) { return data::FoldedHash().text(e.messages.back().content).value(); };
    return first.author != second.author && answer(first) != answer(second);
  }

  // "ana.jsonl line 3"; empty for an example of the host's that has neither.
  static std::string place(const Example& example) {
    const std::string file = data::one_line(example.origin);
    if (example.line == 0) return file;
    return concat(file, file.empty() ? "" : " ", "line ", example.line);
  }

  static std::string who(const Example& example) {
    const std::string where = place(example);
    return data::one_line(example.author) + (where.empty() ? "" : " (" + where + ")");
  }

  void report_duplicate(const Example& kept, const Example& again, std::size_t index) {
    const bool alone = kept.author == again.author;
    problems.add(data::warning_at(static_cast<std::int64_t>(index) + 1, "duplicate_in_team",
                                  concat(who(kept), " and ", alone ? "again " + place(again) : who(again),
                                         alone ? " hold" : " wrote", " the same example; it is kept once."),
                                  "Leave it so, or write one of them anew if it was meant to say something else."));
  }

  void report_contradiction(const Example& first, const Example& second) {
    problems.add(data::warning_at(
        static_cast<std::int64_t>(examples.size()) + 1, "contradiction_in_team",
        concat(who(first), " and ", who(second), " answer ", data::quoted(data::question_of(second)),
               " differently; both answers are kept."),
        "Agree on one answer and remove the other, or say in the questions what makes them differ: a model that is "
        "taught both gives one or the other by chance."));
  }

  static void unite_tags(Example& kept, const Example& again) {
    for (const std::string& tag : again.tags)
      if (std::find(kept.tags.begin(), kept.tags.end(), tag) == kept.tags.end()) kept.tags.push_back(tag);
  }

  std::unordered_map<std::string, std::size_t> conversations_;  // where they stand in `examples`
  std::unordered_map<std::uint64_t, std::size_t> questions_;    // the first with that question
};

}  // namespace

TeamMerge Dataset::merge_team(const std::vector<std::pair<std::string, Dataset>>& people) {
  Team team;
  for (const auto& [person, data] : people) team.add(person, data.examples());
  return {Dataset(Impl::of(std::move(team.examples))), team.problems.take()};
}

}  // namespace pmtune
