// What the three forms of a report share.
#pragma once

#include <pmtune/evaluator.hpp>
#include <string>
#include <vector>

namespace pmtune::eval {

// The five criteria of the guide's rubric, in its order.
struct Criterion {
  const char* name;
  int Rating::*value;
  const char* poor;       // 1
  const char* good;       // 3
  const char* excellent;  // 5
};
const std::vector<Criterion>& rubric();
inline constexpr double rubric_target = 4;

// Mean of the ratings of one arm on one criterion (or all, nullptr), of one prompt (or all, empty). NaN when none is
// there.
double mean_rating(const EvalReport& report, const std::string& arm, const Criterion* criterion,
                   const std::string& prompt_id);

const EvalAnswer* answer_to(const EvalArm& arm, const std::string& prompt_id);  // nullptr when it is missing
std::int64_t checks_passed(const EvalAnswer& answer);

std::string number_text(double value, int decimals);  // "not measured" for NaN
std::string percent_text(double part);                // 0.25 -> "25 %"

// The loss curve as inline SVG; empty when the history has nothing to draw.
std::string loss_curve_svg(const std::vector<TrainProgress>& history);

extern const char* const report_style;  // CSS, behind that of base/html_page.hpp

}  // namespace pmtune::eval
