#include "eval/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/fail.hpp"
#include "eval/statistics.hpp"

namespace pmtune {

const char* to_string(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::better: return "better";
    case Outcome::worse: return "worse";
    case Outcome::cannot_tell: break;
  }
  return "cannot_tell";
}

namespace eval {
namespace {

constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();
// The fewest pairs whose sign test can reach 5 %: all six on one side give p = 0.031.
constexpr std::int64_t fewest_deciding_pairs = 6;

struct Split {
  std::int64_t better = 0, equal = 0, worse = 0;
  std::int64_t all() const { return better + equal + worse; }
  double p() const { return sign_test(better, worse); }
  int direction() const {  // of a significant difference; 0 without one
    if (p() > significance) return 0;
    return better > worse ? 1 : -1;
  }
  void count(double gain) {
    if (gain > 1e-9)
      ++better;
    else if (gain < -1e-9)
      ++worse;
    else
      ++equal;
  }
};

Split split_by_form(const EvalArm& base, const EvalArm& tuned) {
  Split split;
  const std::size_t pairs = std::min(base.answers.size(), tuned.answers.size());
  for (std::size_t i = 0; i < pairs; ++i)
    if (!tuned.answers[i].checks.empty()) split.count(tuned.answers[i].score - base.answers[i].score);
  return split;
}

// A loss that is not finite (a diverged model) is worse than any that is.
Split split_by_loss(const EvalArm& base, const EvalArm& tuned) {
  Split split;
  const std::size_t pairs = std::min(base.held_out.size(), tuned.held_out.size());
  for (std::size_t i = 0; i < pairs; ++i) {
    if (base.held_out[i].tokens == 0) continue;
    const double before = base.held_out[i].loss, after = tuned.held_out[i].loss;
    if (std::isfinite(before) && std::isfinite(after))
      split.count(before - after);
    else
      split.count(static_cast<double>(std::isfinite(after)) - static_cast<double>(std::isfinite(before)));
  }
  return split;
}

std::string p_text(double p) {
  if (p < 0.001) return "p < 0.001";
  char text[32];
  std::snprintf(text, sizeof text, p < 0.0995 ? "p = %.3f" : "p = %.2f", p);
  return text;
}

std::string count_text(std::int64_t count) { return count == 0 ? "none" : std::to_string(count); }

std::string form_clause(const Split& form) {
  if (form.all() == 0) return "No prompt has checks of form";
  if (form.better == 0 && form.worse == 0)
    return concat("The form of ", form.all() == 1 ? "the one answer" : concat("all ", form.all(), " answers"),
                  " stayed the same");
  return concat("The form of ", form.better, " of ", form.all(), " answers improved and ", count_text(form.worse),
                " got worse (", p_text(form.p()), ")");
}

std::string loss_clause(const Split& loss) {
  if (loss.all() == 0) return "no examples were held out";
  const std::int64_t differ = loss.better + loss.worse;
  const bool mostly_rose = loss.worse > loss.better;
  const std::string count = concat(mostly_rose ? loss.worse : loss.better, " of ", loss.all());
  const std::string few = differ < fewest_deciding_pairs ? ", too few to decide by themselves" : "";
  return concat("the loss ", mostly_rose ? "rose" : "fell", " on ", count, " held-out ",
                loss.all() == 1 ? "example" : "examples", " (", p_text(loss.p()), few, ")");
}

Outcome outcome_of(int form, int loss) {
  if (form + loss > 0) return Outcome::better;
  if (form + loss < 0) return Outcome::worse;
  return Outcome::cannot_tell;
}

std::string conclusion(const Verdict& verdict, const Split& form, const Split& loss) {
  switch (verdict.outcome) {
    case Outcome::better: return "So the tuned model is better.";
    case Outcome::worse: return "So the tuned model is worse; keep the base.";
    case Outcome::cannot_tell: break;
  }
  if (form.direction() != 0 && loss.direction() != 0)
    return "The two measures contradict each other, so this cannot tell which model is better; read the answers.";
  if (verdict.more_prompts_needed > 0)
    return concat("That can still be chance, so this cannot tell which model is better; at this rate about ",
                  verdict.more_prompts_needed, " more ", verdict.more_prompts_needed == 1 ? "prompt" : "prompts",
                  " would decide.");
  return "So this cannot tell which model is better; read the answers side by side, or add prompts.";
}

}  // namespace

void summarise(EvalArm& arm) {
  double score_sum = 0;
  std::int64_t scored = 0;
  for (EvalAnswer& answer : arm.answers) {
    if (answer.checks.empty()) continue;
    const auto passed =
        std::count_if(answer.checks.begin(), answer.checks.end(), [](const CheckResult& c) { return c.passed; });
    answer.score = static_cast<double>(passed) / static_cast<double>(answer.checks.size());
    score_sum += answer.score;
    ++scored;
  }
  arm.format_score = scored == 0 ? not_measured : score_sum / static_cast<double>(scored);

  double loss_sum = 0;
  std::int64_t tokens = 0;
  for (const ExampleLoss& example : arm.held_out) {
    if (example.tokens == 0) continue;
    loss_sum += example.loss * static_cast<double>(example.tokens);
    tokens += example.tokens;
  }
  arm.held_out_loss = tokens == 0 ? not_measured : loss_sum / static_cast<double>(tokens);
  arm.perplexity = std::exp(arm.held_out_loss);
}

Verdict judge_pair(const EvalArm& base, const EvalArm& tuned) {
  const Split form = split_by_form(base, tuned);
  const Split loss = split_by_loss(base, tuned);
  Verdict verdict;
  verdict.wins = form.better;
  verdict.ties = form.equal;
  verdict.losses = form.worse;
  verdict.p_value = form.p();
  verdict.loss_wins = loss.better;
  verdict.loss_losses = loss.worse;
  verdict.loss_p_value = loss.p();
  verdict.outcome = outcome_of(form.direction(), loss.direction());
  if (verdict.outcome == Outcome::cannot_tell && form.direction() == 0)
    verdict.more_prompts_needed = more_prompts_needed(form.better, form.equal, form.worse);
  verdict.sentence = concat(form_clause(form), "; ", loss_clause(loss), ". ", conclusion(verdict, form, loss));
  return verdict;
}

}  // namespace eval
}  // namespace pmtune
