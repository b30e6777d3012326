// From figures to reasons: what of an example stands out in its set, and how that is said. The rules and where their
// thresholds come from: docs/surprises.md.
#pragma once

#include <cstddef>
#include <pmtune/surprises.hpp>
#include <vector>

namespace pmtune::preview {

// Fewer examples do not tell what is usual.
inline constexpr std::size_t examples_for_comparison = 8;
// Iglewicz and Hoaglin 1993: a modified z-score above 3.5 is called an outlier.
inline constexpr double outlier = 3.5;

// answer_does_not_fit_question. A right answer is likeliest after its own question, or nearly; for an answer that
// belongs elsewhere the rank of the question it stands at is any, so a tenth lets about one in ten of these pass.
inline constexpr double telling_gain = 0.1;      // nats a token, median of the set: below, its questions tell nothing
inline constexpr double doubtful_part = 0.5;     // of the median gain
inline constexpr double better_questions = 0.1;  // part of the questions tried after which the answer is likelier
inline constexpr std::int64_t better_questions_least = 2;

// new_facts
inline constexpr double specific_share_in_set = 0.15;  // part of the nats, where the set says what is usual
inline constexpr double specific_share_alone = 0.5;    // where it does not
inline constexpr std::int64_t specific_words_least = 4;

// already_known
inline constexpr double known_loss = 0.2;  // nats a token: the right one has a probability of 82 % in the mean

struct Middle {
  double median = 0;
  double spread = 0;  // 1.4826 times the median distance from it: the standard deviation of normal values
};
Middle middle_of(std::vector<double> values);  // NaN for none

// Whether the answer should be tried with every question: its own helps much less than is usual in the set.
bool is_in_doubt(const ExampleSurprise& example, double median_gain);

// Fills unusual and reasons, and the set's medians. token_variance: of the losses within each example, which says how
// far the mean of a short answer may stray by chance.
void judge(std::vector<ExampleSurprise>& examples, const std::vector<double>& token_variance, Surprises& surprises);

}  // namespace pmtune::preview
