// The run of rank_surprises: read every example, compare its question with others, weigh its words, judge, rank.
#include "pmtune/surprises.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <ostream>
#include <string_view>
#include <unordered_set>

#include "base/options.hpp"
#include "model/impl.hpp"
#include "preview/readings.hpp"
#include "preview/reasons.hpp"
#include "preview/spans.hpp"

namespace pmtune {
namespace preview {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
// Each costs one reading for every other question, so only the most doubtful are tried with all, or 64 of them.
constexpr std::size_t doubts_tried = 8;
constexpr std::int64_t questions_for_doubts = 64;
constexpr std::size_t spans_kept = 8;

double mean_of(const std::vector<float>& values, std::size_t count) {
  return std::accumulate(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count), 0.0) /
         static_cast<double>(count);
}

double variance_of(const std::vector<float>& values) {
  if (values.size() < 2) return 0;
  const double mean = mean_of(values, values.size());
  double sum = 0;
  for (const float value : values) sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(values.size() - 1);
}

class Ranking {
 public:
  Ranking(const Model& model, const Dataset& data, const SurpriseOptions& options, const SurpriseCallback& tell)
      : model_(model),
        data_(data),
        options_(options),
        tell_(tell),
        limit_(std::min(options.context_length, model.info().context_length)) {
    for (const Example& example : data.examples()) keys_.push_back(question_key(example));
  }

  Surprises run() {
    const std::size_t count = data_.size();
    progress_.of = static_cast<std::int64_t>(count) * (1 + options_.compare_with);
    for (std::size_t i = 0; i < count; ++i) read(i);
    find_questions();
    for (std::size_t i = 0; i < count; ++i) compare(i);
    settle_doubts();
    Surprises surprises;
    surprises.model = model_.info().name;
    judge(examples_, variance_, surprises);
    rank(surprises);
    add_notes(surprises);
    return surprises;
  }

 private:
  void done(std::int64_t readings = 1) {
    progress_.done += readings;
    if (tell_ && tell_(progress_) == Control::stop)
      fail(Code::cancelled, "The search for surprises was stopped after ", progress_.done, " of ", progress_.of,
           " readings.");
  }

  void read(std::size_t i) {
    ExampleSurprise example;
    example.index = i;
    example.origin = data_[i].origin;
    example.line = data_[i].line;
    example.own_loss = example.other_loss = example.gain = nan;
    variance_.push_back(0);
    std::vector<ReadAnswer> answers;
    try {
      answers = read_example(model_, data_[i].messages, limit_);
      weigh(answers, example);
    } catch (const Error& error) {
      if (error.code() == Code::out_of_memory) throw;
      example.error = error.what();
    }
    first_.push_back(answers.empty() ? ReadAnswer() : std::move(answers.front()));
    examples_.push_back(std::move(example));
    done();
  }

  void weigh(const std::vector<ReadAnswer>& answers, ExampleSurprise& example) {
    std::vector<float> losses;
    WordFigures all;
    for (const ReadAnswer& answer : answers) {
      losses.insert(losses.end(), answer.losses.begin(), answer.losses.end());
      const WordFigures figures = weigh_words(words_of(model_.impl().tokenizer(), answer),
                                              read_before(example.index, answer.turn), answer.turn);
      all.nats += figures.nats;
      all.specific_nats += figures.specific_nats;
      all.specific_words += figures.specific_words;
      all.spans.insert(all.spans.end(), figures.spans.begin(), figures.spans.end());
    }
    example.tokens = static_cast<std::int64_t>(losses.size());
    example.loss = mean_of(losses, losses.size());
    example.specific_share = all.nats > 0 ? all.specific_nats / all.nats : 0;
    example.specific_words = all.specific_words;
    std::stable_sort(all.spans.begin(), all.spans.end(),
                     [](const SurprisingSpan& a, const SurprisingSpan& b) { return a.nats > b.nats; });
    all.spans.resize(std::min(all.spans.size(), spans_kept));
    example.spans = std::move(all.spans);
    variance_[example.index] = variance_of(losses);
  }

  std::string read_before(std::size_t i, std::int64_t turn) const {
    std::string text;
    for (std::int64_t m = 0; m + 1 < turn; ++m) text += data_[i].messages[static_cast<std::size_t>(m)].content + '\n';
    return text;
  }

  // One example for each question that is asked, in order.
  void find_questions() {
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 0; i < data_.size(); ++i)
      if (examples_[i].error.empty() && seen.insert(keys_[i]).second) questions_.push_back(i);
  }

  // Other questions, the same every time, spread evenly over the set: neighbours are often of one task.
  std::vector<std::size_t> others_of(std::size_t i, std::int64_t wished) const {
    std::vector<std::size_t> all;
    const auto next = std::upper_bound(questions_.begin(), questions_.end(), i) - questions_.begin();
    for (std::size_t n = 0; n < questions_.size(); ++n) {
      const std::size_t j = questions_[(static_cast<std::size_t>(next) + n) % questions_.size()];
      if (keys_[j] != keys_[i]) all.push_back(j);
    }
    const auto count = std::min<std::size_t>(all.size(), static_cast<std::size_t>(wished));
    std::vector<std::size_t> chosen;
    for (std::size_t n = 0; n < count; ++n) chosen.push_back(all[(2 * n + 1) * all.size() / (2 * count)]);
    return chosen;
  }

  struct Tried {
    std::size_t question;
    double loss;
  };

  std::vector<Tried> try_questions(std::size_t i, const std::vector<std::size_t>& questions) {
    std::vector<Tried> tried;
    for (const std::size_t j : questions) {
      const std::vector<float> losses =
          read_after(model_, data_[i], data_[j], first_[i], options_.compare_tokens, limit_);
      if (!losses.empty()) tried.push_back({j, mean_of(losses, losses.size())});
      done();
    }
    return tried;
  }

  void compare(std::size_t i) {
    ExampleSurprise& example = examples_[i];
    const std::vector<std::size_t> others =
        example.error.empty() ? others_of(i, options_.compare_with) : std::vector<std::size_t>();
    if (!others.empty()) note_comparison(example, try_questions(i, others));
    const std::int64_t left_out = options_.compare_with - static_cast<std::int64_t>(others.size());
    if (left_out > 0) done(left_out);
  }

  void note_comparison(ExampleSurprise& example, const std::vector<Tried>& tried) const {
    if (tried.empty()) return;
    const std::vector<float>& own = first_[example.index].losses;
    example.own_loss = mean_of(own, std::min(own.size(), static_cast<std::size_t>(options_.compare_tokens)));
    example.questions_tried = static_cast<std::int64_t>(tried.size());
    example.questions_better = 0;
    example.best_question = -1;
    double sum = 0, best = example.own_loss;
    for (const Tried& one : tried) {
      sum += one.loss;
      example.questions_better += one.loss < example.own_loss;
      if (one.loss >= best) continue;
      best = one.loss;
      example.best_question = static_cast<std::int64_t>(one.question);
    }
    example.other_loss = sum / static_cast<double>(tried.size());
    example.gain = example.other_loss - example.own_loss;
  }

  // The gain over four questions raises a doubt; all questions of the set settle it.
  void settle_doubts() {
    std::vector<double> gains;
    for (const ExampleSurprise& example : examples_)
      if (std::isfinite(example.gain)) gains.push_back(example.gain);
    if (gains.size() < examples_for_comparison) return;
    const double median = middle_of(gains).median;
    std::vector<std::size_t> doubts;
    for (std::size_t i = 0; i < examples_.size(); ++i)
      if (is_in_doubt(examples_[i], median)) doubts.push_back(i);
    std::stable_sort(doubts.begin(), doubts.end(),
                     [&](std::size_t a, std::size_t b) { return examples_[a].gain < examples_[b].gain; });
    doubts.resize(std::min(doubts.size(), doubts_tried));
    std::vector<std::vector<std::size_t>> questions;
    for (const std::size_t i : doubts) {
      questions.push_back(others_of(i, questions_for_doubts));
      progress_.of += static_cast<std::int64_t>(questions.back().size());
    }
    for (std::size_t d = 0; d < doubts.size(); ++d)
      note_comparison(examples_[doubts[d]], try_questions(doubts[d], questions[d]));
  }

  static int rank_of(const ExampleSurprise& example) {
    if (example.reasons.empty()) return example.error.empty() ? 4 : 5;
    const std::string& code = example.reasons.front().code;
    if (code == "answer_does_not_fit_question") return 0;
    if (code == "new_facts") return 1;
    return code == "unusual" ? 2 : 3;
  }

  void rank(Surprises& surprises) {
    std::stable_sort(examples_.begin(), examples_.end(), [](const ExampleSurprise& a, const ExampleSurprise& b) {
      const int first = rank_of(a), second = rank_of(b);
      if (first != second) return first < second;
      const bool by_strength = !a.reasons.empty();
      return by_strength ? a.reasons.front().strength > b.reasons.front().strength : a.loss > b.loss;
    });
    for (const ExampleSurprise& example : examples_) surprises.flagged += !example.reasons.empty();
    surprises.ranked = std::move(examples_);
  }

  void add_notes(Surprises& surprises) const {
    std::vector<std::string>& notes = surprises.notes;
    notes.emplace_back(
        "These are hints from what one model finds likely, not findings: read a line before you change it.");
    const auto measured = std::count_if(surprises.ranked.begin(), surprises.ranked.end(),
                                        [](const ExampleSurprise& e) { return e.error.empty(); });
    const auto refused = static_cast<std::int64_t>(surprises.ranked.size()) - measured;
    if (refused > 0)
      notes.push_back(concat(refused, refused == 1 ? " example" : " examples", " could not be measured."));
    if (measured < static_cast<std::int64_t>(examples_for_comparison))
      notes.push_back(concat("With ", measured, measured == 1 ? " example" : " examples",
                             " there is no telling what is usual in the set; from ", examples_for_comparison,
                             " on, answers are compared with each other."));
    else if (options_.compare_with > 0 && !(surprises.median_gain >= telling_gain))
      notes.emplace_back(
          "The questions of this set hardly help this model to foresee the answers, so answers at the wrong question "
          "cannot be found.");
    if (model_.has_adapter())
      notes.emplace_back("The model is fine-tuned; what it was taught no longer surprises it. Ask its base.");
  }

  const Model& model_;
  const Dataset& data_;
  const SurpriseOptions& options_;
  const SurpriseCallback& tell_;
  std::int64_t limit_;
  SurpriseProgress progress_;
  std::vector<std::string> keys_;
  std::vector<std::size_t> questions_;
  std::vector<ExampleSurprise> examples_;
  std::vector<ReadAnswer> first_;  // the first taught answer of each example
  std::vector<double> variance_;   // of its tokens' losses
};

}  // namespace
}  // namespace preview

Surprises rank_surprises(const Model& model, const Dataset& data, const SurpriseOptions& options,
                         const SurpriseCallback& progress) {
  validate_options(options);
  if (data.empty()) fail(Code::invalid_argument, "The dataset is empty; give it at least one example.");
  model.impl().require_chat_template();
  return preview::Ranking(model, data, options, progress).run();
}

std::ostream& operator<<(std::ostream& out, const Surprises& surprises) { return out << surprises.to_text(); }

}  // namespace pmtune
