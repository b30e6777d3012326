#include "serve/router.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <unordered_map>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "data/word_overlap.hpp"
#include "data/words.hpp"

namespace pmtune::serve {
namespace {

using Words = QuestionIndex::Words;

// A question resembles a set as it resembles, on average, the nearest few of its questions: one chance hit counts
// little.
constexpr std::size_t nearest = 3;
// Found with the words of product management: unrelated questions share 0.02 to 0.1, of one task 0.25 and more.
constexpr double least_likeness = 0.15;
constexpr std::size_t most_bytes = 8000;
// A lead smaller than this is chance.
constexpr double least_lead = 1.15;

// Rare words tell more than common ones (inverse document frequency), and what is in half of all questions nothing.
class Weights {
 public:
  explicit Weights(const std::vector<RouteCandidate>& candidates) {
    for (const RouteCandidate& candidate : candidates)
      if (candidate.questions)
        for (const Words& words : candidate.questions->questions()) {
          ++questions_;
          for (const std::uint64_t word : words) ++count_[word];
        }
  }
  double of(std::uint64_t word) const {
    const auto found = count_.find(word);
    const double with = found == count_.end() ? 0 : static_cast<double>(found->second);
    return std::log(1 + (static_cast<double>(questions_) + 1) / (with + 1));
  }
  double sum(const Words& words) const {
    double sum = 0;
    for (const std::uint64_t word : words) sum += of(word);
    return sum;
  }

 private:
  std::unordered_map<std::uint64_t, std::size_t> count_;
  std::size_t questions_ = 0;
};

// The cosine between the two as sets of weighted words, 0 to 1.
double likeness(const Words& a, const Words& b, const Weights& weights) {
  Words both;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  if (both.empty()) return 0;
  return weights.sum(both) / std::sqrt(weights.sum(a) * weights.sum(b));
}

double likeness(const Words& question, const QuestionIndex& index, const Weights& weights) {
  std::vector<double> all;
  for (const Words& words : index.questions()) all.push_back(likeness(question, words, weights));
  const std::size_t count = std::min(nearest, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end(), std::greater<>());
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += all[i];
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

std::string two_digits(double value) { return concat(std::round(value * 100) / 100); }

}  // namespace

QuestionIndex::QuestionIndex(const Dataset& data) {
  for (const Example& example : data.examples()) {
    if (questions_.size() == most_questions) break;
    std::string text = data::question_of(example);
    for (const std::string& tag : example.tags) text += " " + tag;
    Words words = words_of(text);
    if (!words.empty()) questions_.push_back(std::move(words));
  }
}

Words QuestionIndex::words_of(std::string_view text) {
  Words words;
  data::for_each_word(text, [&](std::uint64_t word) { words.push_back(word); });
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

std::optional<Route> choose_route(std::string_view question, const std::vector<RouteCandidate>& candidates,
                                  const std::string& otherwise) {
  // What is asked stands in the beginning; a pasted book must not take long to compare.
  const Words words = QuestionIndex::words_of(question.substr(0, whole_characters(question.substr(0, most_bytes))));
  const Weights weights(candidates);
  const RouteCandidate* best = nullptr;
  double best_likeness = 0, second = 0;
  for (const RouteCandidate& candidate : candidates) {
    if (!candidate.questions) continue;
    const double now = likeness(words, *candidate.questions, weights);
    if (!best || now > best_likeness) {
      second = best_likeness;
      best = &candidate;
      best_likeness = now;
    } else {
      second = std::max(second, now);
    }
  }
  if (best && best_likeness >= least_likeness && best_likeness >= least_lead * second)
    return Route{best->id, concat("its examples resemble the question most (", two_digits(best_likeness),
                                  " of 1; next ", two_digits(second), ")")};
  const std::string unlike = best ? concat("no examples stand out as like the question (best ",
                                           two_digits(best_likeness), " of 1; next ", two_digits(second), "), so ")
                                  : "";
  for (const RouteCandidate& candidate : candidates)
    if (candidate.primary) return Route{candidate.id, unlike + "the newest primary version"};
  if (!candidates.empty()) return Route{candidates.front().id, unlike + "the newest version"};
  if (!otherwise.empty()) return Route{otherwise, "the first model that is served; there are no versions"};
  return std::nullopt;
}

}  // namespace pmtune::serve
