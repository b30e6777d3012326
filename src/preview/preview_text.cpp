// A preview for a terminal.
#include <algorithm>

#include "base/fail.hpp"
#include "base/visible.hpp"
#include "preview/histogram.hpp"
#include "preview/wording.hpp"

namespace pmtune {
namespace preview {
namespace {

constexpr std::int64_t bar_length = 40;
constexpr std::size_t problems_shown = 6;

std::string title(const std::string& text, const PreviewMarks& marks) {
  return concat(marks.title_begin, visible_text(text), marks.title_end, '\n');
}

std::string repeated(const char* text, std::int64_t times) {
  std::string out;
  for (std::int64_t i = 0; i < times; ++i) out += text;
  return out;
}

// One block a value while that fits on the line.
std::string bars(const PreviewHistogram& histogram) {
  std::int64_t tallest = 0;
  std::size_t widest = 0;
  for (const PreviewBar& bar : histogram.bars) {
    tallest = std::max(tallest, bar.count);
    widest = std::max(widest, name_of(bar).size());
  }
  const std::int64_t unit = std::max(tallest, bar_length);
  std::string out;
  for (const PreviewBar& bar : histogram.bars) {
    const std::string name = name_of(bar);
    const std::int64_t length = (bar.count * bar_length + unit - 1) / unit;  // what is there is seen
    out += concat("  ", std::string(widest - name.size(), ' '), name, "  ", repeated("█", length), length ? " " : "",
                  bar.count, '\n');
  }
  return out;
}

std::string histogram(const char* what, const PreviewHistogram& histogram, const PreviewMarks& marks) {
  if (histogram.bars.empty()) return "";
  return concat('\n', title(concat("Tokens of ", what, " (", spread_of(histogram), ")"), marks), bars(histogram));
}

std::string summary(const DatasetPreview& preview, const PreviewMarks& marks) {
  std::string out = title("What " + preview.model + " will be taught", marks) + size_sentence(preview) + '\n';
  for (const std::string& sentence : {ends_sentence(preview), cut_sentence(preview)})
    if (!sentence.empty()) out += wrapped(visible_text(sentence));
  out += histogram("an example", preview.example_tokens, marks);
  out += histogram("an answer", preview.answer_tokens, marks);
  const std::vector<std::string> lines = problems(preview, problems_shown);
  if (!lines.empty()) out += concat('\n', title("Look at these", marks));
  for (const std::string& line : lines) out += wrapped(visible_text(line), "  ", "      ");
  return out;
}

std::string marked(const PreviewRun& run, const PreviewMarks& marks) {
  if (run.text.empty()) return "";
  std::string out = visible_text(run.text);
  if (run.cut) out = concat(marks.cut_begin, out, marks.cut_end);
  return run.taught ? concat(marks.taught_begin, out, marks.taught_end) : out;
}

std::string example(const ExamplePreview& example, std::size_t of, const PreviewMarks& marks) {
  const bool is_placed = example.line > 0;
  std::string out = concat('\n', title(concat("Example ", example.index + 1, " of ", of,
                                              is_placed ? ", " + place_of(example.origin, example.line, 0) : ""),
                                       marks));
  if (example.tokens == 0) return out + wrapped(visible_text(example.error));
  for (const PreviewRun& run : example.runs) out += marked(run, marks);
  out += concat('\n', size_of(example), " (marked).\n");
  if (!example.error.empty()) out += wrapped(visible_text(example.error));
  for (const PreviewAnswer& answer : example.answers) out += wrapped(visible_text(end_sentence(answer)));
  return out;
}

}  // namespace
}  // namespace preview

std::string DatasetPreview::to_text(std::size_t count, const PreviewMarks& marks) const {
  std::string out = preview::summary(*this, marks);
  for (std::size_t i = 0; i < std::min(count, examples.size()); ++i)
    out += preview::example(examples[i], examples.size(), marks);
  return out;
}

}  // namespace pmtune
