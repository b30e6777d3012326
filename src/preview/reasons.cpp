#include "preview/reasons.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/fail.hpp"
#include "preview/wording.hpp"

namespace pmtune::preview {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
// Sets of one mould have almost no spread; a difference smaller than these means nothing to a reader either.
constexpr double least_loss_spread = 0.1;
constexpr double least_share_spread = 0.02;

double median_of(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

std::string two_digits(double value) { return concat(std::round(value * 100) / 100); }

std::string percent(double part) { return concat(std::lround(100 * part), " %"); }

// As seen from another example: its file only where that is another.
std::string place(const ExampleSurprise& example, const ExampleSurprise& from) {
  return place_of(example.origin == from.origin ? "" : example.origin, example.line, example.index);
}

// “Vexley”, “Zarkon 7”
std::string quoted(const std::vector<SurprisingSpan>& spans, bool specific_only, std::size_t most) {
  std::string out;
  for (const SurprisingSpan& span : spans) {
    if (specific_only && !span.is_specific) continue;
    if (most-- == 0) break;
    out += concat(out.empty() ? "" : ", ", "“", span.text, "”");
  }
  return out;
}

class Judge {
 public:
  Judge(std::vector<ExampleSurprise>& examples, const std::vector<double>& variance)
      : examples_(examples), variance_(variance) {
    std::vector<double> losses, shares, gains;
    for (std::size_t i = 0; i < examples.size(); ++i) {
      const ExampleSurprise& example = examples[i];
      if (!example.error.empty()) continue;
      losses.push_back(example.loss);
      shares.push_back(example.specific_share);
      noise_.push_back(variance[i] / static_cast<double>(example.tokens));
      if (std::isfinite(example.gain)) gains.push_back(example.gain);
    }
    has_set_ = losses.size() >= examples_for_comparison;
    loss_ = middle_of(losses);
    share_ = middle_of(shares);
    usual_noise_ = noise_.empty() ? 0 : median_of(noise_);
    gain_ = gains.size() >= examples_for_comparison ? middle_of(gains).median : nan;
    all_gains_ = middle_of(gains).median;
  }

  double median_loss() const { return loss_.median; }
  double median_gain() const { return all_gains_; }

  void judge(std::size_t i) {
    ExampleSurprise& example = examples_[i];
    example.unusual = nan;
    if (!example.error.empty()) return;
    if (has_set_) example.unusual = unusual(example, i);
    does_not_fit(example);
    new_facts(example);
    if (example.reasons.empty() && example.unusual > outlier) is_unusual(example);
    if (example.reasons.empty() && example.loss <= known_loss) already_known(example);
  }

 private:
  // What a mean over few tokens strays by chance beyond what is usual in the set makes it less unusual.
  double unusual(const ExampleSurprise& example, std::size_t i) const {
    const double noise = std::max(0.0, variance_[i] / static_cast<double>(example.tokens) - usual_noise_);
    const double spread = std::max(loss_.spread, least_loss_spread);
    return (example.loss - loss_.median) / std::sqrt(spread * spread + noise);
  }

  void does_not_fit(ExampleSurprise& example) const {
    if (!is_in_doubt(example, gain_) || example.questions_better < better_questions_least) return;
    const double part = static_cast<double>(example.questions_better) / static_cast<double>(example.questions_tried);
    if (part < better_questions) return;
    SurpriseReason reason;
    reason.code = "answer_does_not_fit_question";
    reason.strength = part / better_questions;
    const std::string figures = concat("the answer is likelier after ", example.questions_better, " of ",
                                       example.questions_tried, " other questions of the set than after its own");
    if (const ExampleSurprise* other = swapped_with(example)) {
      reason.message = concat("Its answer may have been swapped with that of ", place(*other, example), ": ", figures,
                              ", and each suits the other's question best.");
      reason.fix = concat("Compare the two; if so, exchange the answers.");
    } else {
      const bool has_better = example.best_question >= 0;
      reason.message = concat(
          "The question hardly helps to predict this answer: ", figures,
          has_better ? concat(", most of all after that of ", place(at(example.best_question), example)) : "", ".");
      reason.fix =
          "Read both. If the answer belongs to another question, put the right two together; if it fits, leave it.";
    }
    example.reasons.push_back(std::move(reason));
  }

  const ExampleSurprise& at(std::int64_t index) const { return examples_[static_cast<std::size_t>(index)]; }

  const ExampleSurprise* swapped_with(const ExampleSurprise& example) const {
    if (example.best_question < 0) return nullptr;
    const ExampleSurprise& other = at(example.best_question);
    return other.best_question == static_cast<std::int64_t>(example.index) ? &other : nullptr;
  }

  void new_facts(ExampleSurprise& example) const {
    if (example.specific_words < specific_words_least) return;
    const double spread = std::max(share_.spread, least_share_spread);
    const double z = (example.specific_share - share_.median) / spread;
    const bool stands_out = has_set_ ? z > outlier && example.specific_share >= specific_share_in_set
                                     : example.specific_share >= specific_share_alone;
    if (!stands_out) return;
    const std::string usual =
        has_set_ ? concat("; in the middle of the set it is ", percent(share_.median)) : std::string();
    example.reasons.push_back(
        {"new_facts",
         concat("Names and figures that the model cannot foresee (", quoted(example.spans, true, 4), ") make ",
                percent(example.specific_share), " of what surprises it in this answer", usual, "."),
         "If they are facts that the model is to know, put them into the question, where it can read them: training "
         "teaches form well and facts badly, and a model that is taught facts new to it learns to invent "
         "(arXiv 2405.05904). If they are only the example's setting, leave them.",
         has_set_ ? z / outlier : example.specific_share / specific_share_alone});
  }

  void is_unusual(ExampleSurprise& example) const {
    const std::string words = quoted(example.spans, false, 4);
    example.reasons.push_back(
        {"unusual",
         concat("This answer surprises the model far more than the others do: its loss is ", two_digits(example.loss),
                ", the set's middle ", two_digits(loss_.median),
                words.empty() ? "" : concat("; most of all by ", words), "."),
         "Read it: it may be damaged, or in another language or style. If it is what you want, keep it and add "
         "examples like it.",
         example.unusual / outlier});
  }

  void already_known(ExampleSurprise& example) const {
    example.reasons.push_back(
        {"already_known",
         concat("The model would write this answer almost word for word by itself (loss ", two_digits(example.loss),
                ")."),
         "It does no harm and teaches next to nothing; an example of what the model does not do yet is worth more.",
         example.loss > 0 ? known_loss / example.loss : known_loss / 0.01});
  }

  std::vector<ExampleSurprise>& examples_;
  const std::vector<double>& variance_;
  std::vector<double> noise_;
  Middle loss_, share_;
  double usual_noise_ = 0;
  double gain_ = nan;       // NaN when too few were compared
  double all_gains_ = nan;  // of however few
  bool has_set_ = false;
};

}  // namespace

Middle middle_of(std::vector<double> values) {
  if (values.empty()) return {nan, nan};
  Middle middle;
  middle.median = median_of(values);
  for (double& value : values) value = std::abs(value - middle.median);
  middle.spread = 1.4826 * median_of(values);
  return middle;
}

bool is_in_doubt(const ExampleSurprise& example, double median_gain) {
  return std::isfinite(example.gain) && median_gain >= telling_gain && example.gain < doubtful_part * median_gain;
}

void judge(std::vector<ExampleSurprise>& examples, const std::vector<double>& token_variance, Surprises& surprises) {
  Judge judge(examples, token_variance);
  for (std::size_t i = 0; i < examples.size(); ++i) judge.judge(i);
  surprises.median_loss = judge.median_loss();
  surprises.median_gain = judge.median_gain();
}

}  // namespace pmtune::preview
