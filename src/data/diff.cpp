// Dataset::diff: what belongs to what. How it is told is in diff_report.cpp.
#include <algorithm>
#include <deque>
#include <string_view>
#include <unordered_map>

#include "data/canonical.hpp"
#include "data/folded_hash.hpp"
#include "data/word_overlap.hpp"

namespace pmtune {
namespace {

using Indices = std::vector<std::size_t>;

constexpr double alike_enough = 0.5;
constexpr std::size_t most_comparisons = 1000000;

std::vector<std::string> lines_of(const std::vector<Example>& examples) {
  std::vector<std::string> lines;
  lines.reserve(examples.size());
  for (const Example& example : examples) lines.push_back(data::canonical_line(example));
  return lines;
}

// The positions in `lines` of those that `others` does not hold, or not as often.
Indices beyond(const std::vector<std::string>& lines, const std::vector<std::string>& others) {
  std::unordered_map<std::string_view, std::int64_t> left;
  for (const std::string& line : others) ++left[line];
  Indices found;
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (--left[lines[i]] < 0) found.push_back(i);
  return found;
}

class Pairing {
 public:
  Pairing(const std::vector<Example>& before, const std::vector<Example>& after) : before_(before), after_(after) {
    const std::vector<std::string> old_lines = lines_of(before), new_lines = lines_of(after);
    gone_ = beyond(old_lines, new_lines);
    come_ = beyond(new_lines, old_lines);
  }

  DatasetDiff run() {
    pair_equal([](const Example& example) { return data::folded_context(example).value(); });
    pair_equal(data::question_hash);
    if (!gone_.empty() && come_.size() <= most_comparisons / gone_.size()) pair_alike();
    std::sort(pairs_.begin(), pairs_.end(), [](const Pair& a, const Pair& b) { return a.after < b.after; });
    DatasetDiff diff;
    for (const std::size_t i : come_) diff.added.push_back(after_[i]);
    for (const std::size_t i : gone_) diff.removed.push_back(before_[i]);
    for (const Pair& pair : pairs_) diff.edited.push_back({before_[pair.before], after_[pair.after]});
    return diff;
  }

 private:
  struct Pair {
    std::size_t before, after;
    double likeness = 1;
  };

  template <class Key>
  void pair_equal(const Key& key) {
    std::unordered_map<std::uint64_t, std::deque<std::size_t>> waiting;
    for (const std::size_t i : gone_) waiting[key(before_[i])].push_back(i);
    for (const std::size_t i : come_) {
      const auto found = waiting.find(key(after_[i]));
      if (found == waiting.end() || found->second.empty()) continue;
      pairs_.push_back({found->second.front(), i});
      found->second.pop_front();
    }
    drop_paired();
  }

  void pair_alike() {
    std::vector<Pair> candidates = alike();
    std::sort(candidates.begin(), candidates.end(), [](const Pair& a, const Pair& b) {
      if (a.likeness != b.likeness) return a.likeness > b.likeness;
      return a.after != b.after ? a.after < b.after : a.before < b.before;
    });
    std::vector<bool> old_taken(before_.size()), new_taken(after_.size());
    for (const Pair& pair : candidates) {
      if (old_taken[pair.before] || new_taken[pair.after]) continue;
      old_taken[pair.before] = new_taken[pair.after] = true;
      pairs_.push_back(pair);
    }
    drop_paired();
  }

  std::vector<Pair> alike() const {
    std::vector<data::WordSet> new_words;
    for (const std::size_t i : come_) new_words.push_back(data::words_of(after_[i]));
    std::vector<Pair> found;
    for (const std::size_t i : gone_) {
      const data::WordSet old_words = data::words_of(before_[i]);
      for (std::size_t j = 0; j < come_.size(); ++j) {
        const double likeness = data::overlap(old_words, new_words[j]);
        if (likeness > alike_enough) found.push_back({i, come_[j], likeness});
      }
    }
    return found;
  }

  void drop_paired() {
    std::vector<bool> old_taken(before_.size()), new_taken(after_.size());
    for (const Pair& pair : pairs_) old_taken[pair.before] = new_taken[pair.after] = true;
    std::erase_if(gone_, [&](std::size_t i) { return old_taken[i]; });
    std::erase_if(come_, [&](std::size_t i) { return new_taken[i]; });
  }

  const std::vector<Example>& before_;
  const std::vector<Example>& after_;
  Indices gone_, come_;  // without a counterpart so far, ascending
  std::vector<Pair> pairs_;
};

}  // namespace

DatasetDiff Dataset::diff(const Dataset& other) const { return Pairing(examples(), other.examples()).run(); }

}  // namespace pmtune
