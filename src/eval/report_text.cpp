#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "base/ascii.hpp"
#include "base/utf8.hpp"
#include "eval/report.hpp"

namespace pmtune {
namespace eval {
namespace {

const char* headline(const EvalReport& report) {
  if (report.arms.size() < 2) return "MEASURED";
  switch (report.verdict.outcome) {
    case Outcome::better: return "BETTER";
    case Outcome::worse: return "WORSE";
    case Outcome::cannot_tell: break;
  }
  return "CANNOT TELL";
}

constexpr std::size_t longest_prompt = 60;  // characters of a question in its row

std::string shortened(const std::string& text) {
  if (text.size() <= longest_prompt) return text;
  return text.substr(0, whole_characters(std::string_view(text).substr(0, longest_prompt))) + "...";
}

// A model's text on a terminal: control characters could rewrite the screen. Here it is names and ids only.
std::string printable(const std::string& text) {
  std::string out = text;
  std::replace_if(out.begin(), out.end(), is_ascii_control, ' ');
  return out;
}

template <class Value>
void row(std::ostream& out, const EvalReport& report, const char* name, Value value) {
  out << "  " << std::left << std::setw(16) << name;
  for (const EvalArm& arm : report.arms) out << std::right << std::setw(14) << value(arm);
  out << '\n';
}

void figures(std::ostream& out, const EvalReport& report) {
  row(out, report, "", [](const EvalArm& arm) { return printable(arm.label); });
  row(out, report, "format score", [](const EvalArm& arm) { return percent_text(arm.format_score); });
  row(out, report, "held-out loss", [](const EvalArm& arm) { return number_text(arm.held_out_loss, 3); });
  row(out, report, "perplexity", [](const EvalArm& arm) { return number_text(arm.perplexity, 2); });
  if (!report.ratings.empty())
    row(out, report, "rating (1 to 5)",
        [&](const EvalArm& arm) { return number_text(mean_rating(report, arm.label, nullptr, ""), 2); });
}

void prompts(std::ostream& out, const EvalReport& report) {
  std::string category;
  for (const EvalPrompt& prompt : report.prompts) {
    if (prompt.category != category) out << "\n" << printable(category = prompt.category) << '\n';
    out << "  " << std::left << std::setw(14) << printable(prompt.id);
    for (const EvalArm& arm : report.arms) {
      const EvalAnswer* answer = answer_to(arm, prompt.id);
      std::string cell =
          answer ? std::to_string(checks_passed(*answer)) + "/" + std::to_string(answer->checks.size()) : "-";
      if (answer && answer->finish == FinishReason::length) cell += " cut";
      out << "  " << printable(arm.label) << ' ' << std::setw(8) << cell;
    }
    out << ' ' << shortened(printable(prompt.prompt)) << '\n';
  }
}

}  // namespace
}  // namespace eval

std::string EvalReport::to_text() const {
  std::ostringstream out;
  out << eval::headline(*this) << ": " << verdict.sentence << "\n\n";
  for (const EvalArm& arm : arms)
    out << "  " << std::left << std::setw(6) << arm.label << ' ' << eval::printable(arm.model) << '\n';
  out << '\n';
  eval::figures(out, *this);
  eval::prompts(out, *this);
  if (!notes.empty()) out << "\nTo read these figures rightly\n";
  for (const std::string& note : notes) out << "  - " << eval::printable(note) << '\n';
  return out.str();
}

}  // namespace pmtune
