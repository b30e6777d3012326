// A report as one self-contained page. Answers, prompts, names and notes are untrusted: every one of them goes
// through html_escaped, and the page's policy forbids scripts and anything fetched, should one ever slip through.
#include <cmath>
#include <map>

#include "base/fail.hpp"
#include "base/html_page.hpp"
#include "eval/report.hpp"

namespace pmtune {
namespace eval {
namespace {

std::string esc(const std::string& text) { return html_escaped(text); }

bool compared(const EvalReport& report) { return report.arms.size() == 2; }

std::string capitalised(const std::string& label) {
  std::string out = label;
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 32);
  return out;
}

std::string top(const EvalReport& report) {
  std::string models;
  for (const EvalArm& arm : report.arms)
    models +=
        concat(models.empty() ? "" : " &nbsp;·&nbsp; ", esc(capitalised(arm.label)), ": <b>", esc(arm.model), "</b>");
  const char* title = compared(report) ? "Did fine-tuning help?" : "How the model answers";
  return concat("<h1>", title, "</h1>\n<p class=\"meta\">", models, "</p>\n<p class=\"meta\">Suite ",
                esc(report.suite), " &nbsp;·&nbsp; ", report.prompts.size(),
                report.prompts.size() == 1 ? " prompt" : " prompts", " &nbsp;·&nbsp; ", esc(report.created),
                "</p>\n");
}

std::string verdict_banner(const EvalReport& report) {
  const bool both = compared(report);
  const Outcome outcome = report.verdict.outcome;
  const char* headline = !both                        ? "Measured, not compared"
                         : outcome == Outcome::better ? "Better than the base"
                         : outcome == Outcome::worse  ? "Worse than the base"
                                                      : "Cannot tell yet";
  const char* kind = !both ? "" : outcome == Outcome::better ? " better" : outcome == Outcome::worse ? " worse" : "";
  return concat("<section class=\"verdict", kind, "\"><strong>", headline, "</strong><p>",
                esc(report.verdict.sentence), "</p></section>\n");
}

// One card: the base's figure, an arrow, the tuned model's.
template <class Text>
std::string figure(const EvalReport& report, const char* name, const char* note, double EvalArm::*value, Text text) {
  std::string shown;
  for (std::size_t i = 0; i < report.arms.size(); ++i) {
    const double one = report.arms[i].*value;
    const bool before = i + 1 < report.arms.size();
    if (i > 0) shown += " → ";
    shown += concat("<span class=\"", std::isnan(one) ? "none" : before ? "was" : "now", "\">", text(one), "</span>");
  }
  if (report.arms.empty() ||
      (compared(report) && std::isnan(report.arms[0].*value) && std::isnan(report.arms[1].*value)))
    shown = "<span class=\"none\">not measured</span>";
  return concat("<div class=\"card figure\"><div class=\"name\">", name, "</div><div class=\"value\">", shown,
                "</div><div class=\"name-note\">", note, "</div></div>\n");
}

std::string split_card(const Verdict& v) {
  const std::int64_t all = v.wins + v.ties + v.losses;
  if (all == 0) return "";
  return concat(
      "<div class=\"card figure\"><div class=\"name\">Answers whose form changed</div><div class=\"split\"><div "
      "class=\"up\" style=\"width:",
      100.0 * static_cast<double>(v.wins) / static_cast<double>(all),
      "%\"></div><div style=\"width:", 100.0 * static_cast<double>(v.ties) / static_cast<double>(all),
      "%\"></div><div class=\"down\" style=\"width:",
      100.0 * static_cast<double>(v.losses) / static_cast<double>(all), "%\"></div></div><div class=\"name-note\">",
      v.wins, " improved, ", v.ties, " the same, ", v.losses, " got worse</div></div>\n");
}

std::string key_figures(const EvalReport& report) {
  auto three = [](double value) { return number_text(value, 3); };
  auto two = [](double value) { return number_text(value, 2); };
  return concat("<section class=\"figures\">\n",
                figure(report, "Format score", "Part of the form checks that the answers pass. Higher is better.",
                       &EvalArm::format_score, percent_text),
                figure(report, "Held-out loss", "Surprise at good answers that were not trained on. Lower is better.",
                       &EvalArm::held_out_loss, three),
                figure(report, "Perplexity", "The same as a number of words to choose from. Lower is better.",
                       &EvalArm::perplexity, two),
                compared(report) ? split_card(report.verdict) : "", "</section>\n");
}

std::string curve(const EvalReport& report) {
  const std::string svg = loss_curve_svg(report.history);
  if (svg.empty()) return "";
  return concat(
      "<h2>How the training went</h2>\n<section class=\"card chart\"><div class=\"legend\">"
      "<span><i class=\"key thin\"></i>training loss, each step</span><span><i class=\"key\"></i>training loss, mean "
      "of the epoch</span>"
      "<span><i class=\"key validation\"></i>loss on held-out examples</span></div>",
      svg,
      "<p class=\"hint\">Good: both fall. When the held-out loss rises again while the training loss falls, the "
      "model "
      "learns the examples by heart.</p></section>\n");
}

std::string chips(const EvalAnswer& answer) {
  if (answer.checks.empty()) return "";
  std::string out = "<ul class=\"chips\">";
  for (const CheckResult& check : answer.checks)
    out += concat("<li class=\"", check.passed ? "yes" : "no", "\">", check.passed ? "✓ " : "✗ ", esc(check.label),
                  check.note.empty() ? "" : concat(" <span class=\"why\">– ", esc(check.note), "</span>"), "</li>");
  return out + "</ul>";
}

std::string answer_cell(const EvalArm& arm, const std::string& prompt_id) {
  const EvalAnswer* answer = answer_to(arm, prompt_id);
  const std::string who =
      concat("<b class=\"", arm.label == "tuned" ? "tuned" : "base", "\">", esc(capitalised(arm.label)), "</b>");
  if (!answer)
    return concat("<div class=\"answer\"><div class=\"who\">", who,
                  "</div><div class=\"text empty\">not asked</div></div>\n");
  std::string facts =
      answer->checks.empty() ? "" : concat(checks_passed(*answer), " of ", answer->checks.size(), " checks");
  if (answer->finish == FinishReason::length)
    facts += concat(facts.empty() ? "" : " · ", "<span class=\"cut\">cut off at ", answer->tokens, " tokens</span>");
  const bool empty = answer->text.find_first_not_of(" \t\r\n") == std::string::npos;
  return concat("<div class=\"answer\"><div class=\"who\">", who, "<span>", facts, "</span></div><div class=\"text",
                empty ? " empty" : "", "\" dir=\"auto\">", empty ? "(no text)" : esc(answer->text), "</div>",
                chips(*answer), "</div>\n");
}

std::string change_mark(const EvalReport& report, const EvalPrompt& prompt) {
  if (!compared(report) || prompt.checks.empty()) return "";
  const EvalAnswer* before = answer_to(report.arms[0], prompt.id);
  const EvalAnswer* after = answer_to(report.arms[1], prompt.id);
  if (!before || !after) return "";
  const double gain = after->score - before->score;
  if (std::abs(gain) <= 1e-9) return "<span class=\"mark\">same form</span>";
  return gain > 0 ? "<span class=\"mark up\">form improved</span>"
                  : "<span class=\"mark down\">form got worse</span>";
}

std::string answers(const EvalReport& report) {
  std::string out = concat("<h2>The answers, side by side</h2>\n<div style=\"--arms:", report.arms.size(), "\">\n");
  std::string category;
  for (const EvalPrompt& prompt : report.prompts) {
    if (prompt.category != category) out += concat("<h3>", esc(category = prompt.category), "</h3>\n");
    out += concat("<article class=\"card prompt\"><header><span class=\"question\">", esc(prompt.prompt), "</span>",
                  change_mark(report, prompt), "</header><div class=\"answers\">\n");
    for (const EvalArm& arm : report.arms) out += answer_cell(arm, prompt.id);
    out += "</div></article>\n";
  }
  return out + "</div>\n";
}

std::string rubric_levels() {
  std::string out =
      "<div class=\"card rubric\"><table><thead><tr><th>Criterion</th><th>1 – poor</th><th>3 – good</th><th>5 – "
      "excellent</th></tr></thead><tbody>";
  for (const Criterion& c : rubric())
    out += concat("<tr><td><b>", c.name, "</b></td><td>", c.poor, "</td><td>", c.good, "</td><td>", c.excellent,
                  "</td></tr>");
  return out + "</tbody></table></div>\n";
}

// Rated cells show the mean of the raters; the others an empty box for a pen.
std::string rating_row(const EvalReport& report, const EvalArm& arm, const std::string& prompt_id,
                       const std::string& head, const char* kind) {
  std::string out =
      concat("<tr class=\"", kind, "\">", head, "<td class=\"of\">", esc(capitalised(arm.label)), "</td>");
  for (const Criterion& criterion : rubric()) {
    const double mean = mean_rating(report, arm.label, &criterion, prompt_id);
    const bool whole = mean == std::floor(mean) && !prompt_id.empty();
    out += concat("<td class=\"box\">", std::isnan(mean) ? "<i></i>" : number_text(mean, whole ? 0 : 1), "</td>");
  }
  return out + "</tr>\n";
}

std::string rating_table(const EvalReport& report) {
  std::string out = "<div class=\"card rubric\"><table><thead><tr><th>Question</th><th></th>";
  for (const Criterion& criterion : rubric()) out += concat("<th class=\"box\">", criterion.name, "</th>");
  out += "</tr></thead><tbody>\n";
  const std::string span = concat("<td rowspan=\"", report.arms.size(), "\">");
  for (const EvalPrompt& prompt : report.prompts)
    for (std::size_t i = 0; i < report.arms.size(); ++i)
      out += rating_row(report, report.arms[i], prompt.id, i == 0 ? span + esc(prompt.prompt) + "</td>" : "",
                        i == 0 ? "first" : "");
  for (std::size_t i = 0; i < report.arms.size(); ++i)
    out += rating_row(report, report.arms[i], "", i == 0 ? span + "Mean</td>" : "", "mean");
  return out + "</tbody></table></div>\n";
}

std::string comments(const EvalReport& report) {
  std::string out;
  for (const Rating& rating : report.ratings)
    if (!rating.comment.empty())
      out += concat("<li><b>", esc(rating.prompt_id), ", ", esc(rating.arm), "</b>",
                    rating.rater.empty() ? "" : concat(" (", esc(rating.rater), ")"), ": ", esc(rating.comment),
                    "</li>");
  return out.empty() ? "" : concat("<ul class=\"notes\">", out, "</ul>\n");
}

std::string rating_section(const EvalReport& report) {
  return concat(
      "<section class=\"rate\"><h2>Your own rating</h2>\n<p class=\"hint\">Form is only part of quality. Rate each "
      "answer from 1 to 5, ",
      "best without knowing which model wrote it. A mean of ", rubric_target,
      " or more is good enough for daily work.</p>\n", rubric_levels(), "<p class=\"hint\">",
      report.ratings.empty() ? "Print this page and fill in the boxes."
                             : "Means of all raters; empty boxes were not rated.",
      "</p>\n", rating_table(report), comments(report), "</section>\n");
}

std::string notes_section(const EvalReport& report) {
  if (report.notes.empty()) return "";
  std::string out = "<h2>To read these figures rightly</h2>\n<ul class=\"notes\">\n";
  for (const std::string& note : report.notes) out += concat("<li>", esc(note), "</li>\n");
  return out + "</ul>\n";
}

}  // namespace
}  // namespace eval

std::string EvalReport::to_html() const {
  using namespace eval;
  return concat(html_page_begin("Evaluation: " + (arms.empty() ? suite : arms.back().model), report_style),
                top(*this), verdict_banner(*this), key_figures(*this), curve(*this), eval::answers(*this),
                rating_section(*this), notes_section(*this), html_page_end());
}

}  // namespace pmtune
