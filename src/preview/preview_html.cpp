// A preview as one self-contained page. Examples, origins and names are untrusted: every one of them goes through
// shown(). Whether a token is taught is told by an underline, whether it is cut by a line through it, where an answer
// ends by a frame; the colours only help.
#include <algorithm>

#include "base/fail.hpp"
#include "base/html_page.hpp"
#include "base/visible.hpp"
#include "preview/histogram.hpp"
#include "preview/wording.hpp"

namespace pmtune {
namespace preview {
namespace {

constexpr std::size_t examples_shown = 1000;
constexpr std::size_t examples_open = 5;
constexpr std::size_t problems_shown = 20;

// Blue and amber differ for every kind of colour blindness, and in grey.
const char* const preview_style = R"CSS(
.figures { margin-top: 16px; }
.proof { margin: 22px 0; padding: 16px 20px; border-radius: 10px; border-left: 6px solid var(--open); background: var(--open-tint); }
.proof.whole { border-color: var(--good); background: var(--good-tint); }
.proof b { display: block; font-size: 18px; }
.problems li { margin-bottom: 4px; overflow-wrap: anywhere; }
.histograms { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 14px; margin: 14px 0; }
.histogram { padding: 16px 18px; }
.histogram h3 { margin: 0 0 10px; }
.histogram td { border: 0; padding: 2px 8px 2px 0; white-space: nowrap; vertical-align: middle; }
.histogram td.name, .histogram td.count { color: var(--soft); text-align: right; width: 1%; }
.histogram i { display: block; height: 13px; min-width: 2px; background: var(--tuned); border-radius: 3px; }
.legend { display: flex; flex-wrap: wrap; gap: 6px 22px; font-size: 14px; margin: 0 0 14px; }
details.card { margin: 0 0 12px; }
summary { padding: 12px 18px; cursor: pointer; display: flex; flex-wrap: wrap; gap: 4px 16px; justify-content: space-between; }
summary b { font-weight: 600; } summary span { color: var(--soft); font-size: 14px; }
summary b::before { content: "\25B8\00A0"; } details[open] summary b::before { content: "\25BE\00A0"; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; font: 14px/1.75 ui-monospace, "SF Mono", Menlo, Consolas, monospace;
  background: var(--well); border-top: 1px solid var(--line); padding: 14px 18px; margin: 0; color: var(--soft); }
ins { color: var(--ink); background: var(--tuned-tint); text-decoration: underline; text-decoration-color: var(--tuned);
  text-decoration-thickness: 2px; text-underline-offset: 4px; }
del { color: var(--open); background: var(--open-tint); text-decoration: line-through; text-decoration-thickness: 2px; }
ins del { text-decoration: line-through underline; }
kbd { font: inherit; font-weight: 700; color: var(--ink); border: 2px solid var(--tuned); border-radius: 4px; padding: 0 3px; }
kbd.bad { border-color: var(--bad); border-style: dashed; }
.ends { margin: 0; padding: 10px 18px 12px; font-size: 14px; color: var(--soft); list-style: none; border-top: 1px solid var(--line); }
.refused { padding: 12px 18px; border-top: 1px solid var(--line); }
@media print { details.card { break-inside: avoid; } ins, del, .proof, .histogram i { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  :root { color-scheme: light; --page: #fff; --well: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #bbb; } }
)CSS";

std::string shown(const std::string& untrusted) { return html_escaped(visible_text(untrusted)); }

std::string figure(const char* name, std::int64_t value, const std::string& note) {
  return concat("<div class=\"card figure\"><div class=\"name\">", name, "</div><div class=\"value\">",
                grouped_number(value), "</div><div class=\"name-note\">", note, "</div></div>\n");
}

std::string figures(const DatasetPreview& p) {
  return concat(
      "<section class=\"figures\">\n",
      figure("Examples", static_cast<std::int64_t>(p.examples.size()),
             p.refused ? concat(grouped_number(p.refused), " of them cannot be taught") : "all can be taught"),
      figure("Tokens", p.example_tokens.total, "pieces of words, as the model reads them"),
      figure("Taught", p.taught, "tokens of answers; the rest is only read"),
      figure("Too long", p.tokens_cut,
             concat("tokens behind the context length of ", grouped_number(p.context_length))),
      "</section>\n");
}

std::string proof(const DatasetPreview& p) {
  const bool whole = p.answers > 0 && p.answers_proved == p.answers;
  return concat("<section class=\"proof", whole ? " whole" : "", "\"><b>",
                whole ? "✓ The model is taught where to stop" : "✗ Not every answer teaches the model where to stop",
                "</b>", shown(ends_sentence(p)), "<br>", shown(cut_sentence(p)), "</section>\n");
}

std::string problem_list(const DatasetPreview& p) {
  const std::vector<std::string> lines = problems(p, problems_shown);
  if (lines.empty()) return "";
  std::string out = "<h2>Look at these</h2>\n<ul class=\"problems\">\n";
  for (const std::string& line : lines) out += concat("<li>", shown(line), "</li>\n");
  return out + "</ul>\n";
}

std::string histogram(const char* what, const PreviewHistogram& histogram) {
  if (histogram.bars.empty()) return "";
  std::int64_t tallest = 1;
  for (const PreviewBar& bar : histogram.bars) tallest = std::max(tallest, bar.count);
  std::string out = concat("<div class=\"card histogram\"><h3>Tokens of ", what, "</h3><p class=\"hint\">",
                           spread_of(histogram), "</p><table>\n");
  for (const PreviewBar& bar : histogram.bars)
    out += concat("<tr><td class=\"name\">", name_of(bar), "</td><td>",
                  bar.count ? concat("<i style=\"width:", 100 * bar.count / tallest, "%\"></i>") : "",
                  "</td><td class=\"count\">", bar.count, "</td></tr>\n");
  return out + "</table></div>\n";
}

const char* const legend =
    "<div class=\"legend\"><span><ins>underlined</ins> taught: the model learns to write this</span>"
    "<span><ins><kbd>framed</kbd></ins> the token that ends the answer</span>"
    "<span>plain: read, not learned</span><span><del>struck through</del> behind the context length</span></div>\n";

// The answer whose end is the last token of this run; nullptr without one.
const PreviewAnswer* ended_by(const ExamplePreview& example, const PreviewRun& run, std::int64_t end) {
  for (const PreviewAnswer& answer : example.answers)
    if (run.taught && answer.end_position == end - 1 && run.text.ends_with(answer.end_text)) return &answer;
  return nullptr;
}

std::string marked(const PreviewRun& run, const PreviewAnswer* ends) {
  if (run.text.empty()) return "";
  std::string out =
      ends ? concat(shown(run.text.substr(0, run.text.size() - ends->end_text.size())), "<kbd",
                    ends->proved() && !ends->end_is_cut ? "" : " class=\"bad\"", ">", shown(ends->end_text), "</kbd>")
           : shown(run.text);
  if (run.cut) out = concat("<del>", out, "</del>");
  return run.taught ? concat("<ins>", out, "</ins>") : out;
}

std::string body(const ExamplePreview& example) {
  std::string out;
  if (!example.error.empty()) out += concat("<p class=\"refused\">", shown(example.error), "</p>\n");
  if (example.runs.empty()) return out;
  // A line end behind <pre> would be swallowed, and an example may begin with one.
  out += "<pre class=\"text\" dir=\"auto\">\n";
  std::int64_t end = 0;
  for (const PreviewRun& run : example.runs) {
    end += run.tokens;
    out += marked(run, ended_by(example, run, end));
  }
  out += "</pre>\n<ul class=\"ends\">\n";
  for (const PreviewAnswer& answer : example.answers)
    out +=
        concat("<li>", answer.proved() && !answer.end_is_cut ? "✓ " : "✗ ", shown(end_sentence(answer)), "</li>\n");
  return out + "</ul>\n";
}

std::string example_card(const ExamplePreview& example) {
  const bool is_open = example.index < examples_open || !example.error.empty() || example.tokens_cut > 0;
  const std::string place = example.line > 0 ? " · " + place_of(example.origin, example.line, 0) : "";
  return concat("<details class=\"card\"", is_open ? " open" : "", "><summary><b>Example ", example.index + 1,
                shown(place), "</b><span>", example.runs.empty() ? "cannot be taught" : size_of(example),
                "</span></summary>\n", body(example), "</details>\n");
}

std::string examples_section(const DatasetPreview& p) {
  std::string out = concat("<h2>The examples, as the model sees them</h2>\n", legend);
  for (std::size_t i = 0; i < std::min(p.examples.size(), examples_shown); ++i) out += example_card(p.examples[i]);
  if (p.examples.size() > examples_shown)
    out += concat("<p class=\"hint\">The first ", examples_shown, " of ", p.examples.size(),
                  " examples are shown; the figures above are of all.</p>\n");
  return out;
}

}  // namespace
}  // namespace preview

std::string DatasetPreview::to_html() const {
  using namespace preview;
  return concat(html_page_begin("Preview: " + model, preview_style), "<h1>What the model will be taught</h1>\n",
                "<p class=\"meta\">Model <b>", shown(model), "</b></p>\n", figures(*this), proof(*this),
                problem_list(*this), "<section class=\"histograms\">\n", histogram("an example", example_tokens),
                histogram("an answer", answer_tokens), "</section>\n", examples_section(*this), html_page_end());
}

}  // namespace pmtune
