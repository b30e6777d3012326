#include "eval/report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <ostream>

#include "base/atomic_file.hpp"

namespace pmtune {
namespace eval {

const std::vector<Criterion>& rubric() {
  static const std::vector<Criterion> criteria{
      {"Accuracy", &Rating::accuracy, "States something false", "Right in the main, with slips",
       "Nothing to correct"},
      {"Format", &Rating::format, "No recognisable structure", "Most of the expected parts",
       "Exactly the house style"},
      {"Relevance", &Rating::relevance, "Could answer any question", "Speaks to product work", "Fits this very case"},
      {"Completeness", &Rating::completeness, "Key parts are missing", "Covers most of what is needed",
       "Nothing left to ask"},
      {"Tone", &Rating::tone, "Wrong for the reader", "Professional", "Just right for the situation"},
  };
  return criteria;
}

double mean_rating(const EvalReport& report, const std::string& arm, const Criterion* criterion,
                   const std::string& prompt_id) {
  double sum = 0;
  std::int64_t count = 0;
  for (const Rating& rating : report.ratings) {
    if (rating.arm != arm || (!prompt_id.empty() && rating.prompt_id != prompt_id)) continue;
    for (const Criterion& one : rubric()) {
      if ((criterion && one.value != criterion->value) || rating.*one.value == 0) continue;
      sum += rating.*one.value;
      ++count;
    }
  }
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(count);
}

const EvalAnswer* answer_to(const EvalArm& arm, const std::string& prompt_id) {
  for (const EvalAnswer& answer : arm.answers)
    if (answer.prompt_id == prompt_id) return &answer;
  return nullptr;
}

std::int64_t checks_passed(const EvalAnswer& answer) {
  return std::count_if(answer.checks.begin(), answer.checks.end(),
                       [](const CheckResult& check) { return check.passed; });
}

std::string number_text(double value, int decimals) {
  if (std::isnan(value)) return "not measured";
  char text[64];
  std::snprintf(text, sizeof text, std::abs(value) < 1e6 ? "%.*f" : "%.*g", decimals, value);
  return text;
}

std::string percent_text(double part) {
  return std::isnan(part) ? "not measured" : number_text(100 * part, 0) + " %";
}

}  // namespace eval

std::vector<std::pair<std::string, double>> EvalReport::scores() const {
  std::vector<std::pair<std::string, double>> list;
  auto add = [&](const std::string& name, double value) {
    if (std::isfinite(value)) list.emplace_back(name, value);
  };
  for (const EvalArm& arm : arms) {
    add("format_score_" + arm.label, arm.format_score);
    add("held_out_loss_" + arm.label, arm.held_out_loss);
    add("perplexity_" + arm.label, arm.perplexity);
    add("rating_" + arm.label, eval::mean_rating(*this, arm.label, nullptr, ""));
  }
  if (arms.size() < 2) return list;
  add("prompts_improved", static_cast<double>(verdict.wins));
  add("prompts_worsened", static_cast<double>(verdict.losses));
  add("format_p_value", verdict.p_value);
  add("loss_p_value", verdict.loss_p_value);
  return list;
}

void EvalReport::save(const std::string& path) const { write_file_atomically(path, to_json()); }
void EvalReport::save_html(const std::string& path) const { write_file_atomically(path, to_html()); }

std::ostream& operator<<(std::ostream& out, const EvalReport& report) { return out << report.to_text(); }

}  // namespace pmtune
