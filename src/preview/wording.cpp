#include "preview/wording.hpp"

#include <algorithm>
#include <cmath>

#include "base/fail.hpp"

namespace pmtune::preview {
namespace {

std::string stop_list(const DatasetPreview& preview) {
  std::string list;
  for (const std::string& stop : preview.stop_tokens) list += concat(list.empty() ? "" : " or ", stop);
  return list;
}

std::string what_is_lost(const ExamplePreview& example) {
  const std::string lost = example.taught_cut == 0
                               ? ", none of them taught."
                               : concat(", ", grouped_number(example.taught_cut), " of the ",
                                        grouped_number(example.taught), " that are taught among them.");
  return concat(counted(example.tokens, "token"), ", ", grouped_number(example.tokens_cut),
                " behind the context length", lost);
}

}  // namespace

std::string place_of(const std::string& origin, std::int64_t line, std::size_t index) {
  if (!origin.empty() && line > 0) return concat(origin, " line ", line);
  return line > 0 ? concat("line ", line) : concat("example ", index + 1);
}

std::string size_sentence(const DatasetPreview& preview) {
  const std::int64_t all = preview.example_tokens.total;
  if (all == 0)
    return concat(counted(static_cast<std::int64_t>(preview.examples.size()), "example"), ", nothing to teach.");
  return concat(counted(static_cast<std::int64_t>(preview.examples.size()), "example"), ", ", counted(all, "token"),
                "; ", grouped_number(preview.taught), " of them are taught (",
                std::lround(100.0 * static_cast<double>(preview.taught) / static_cast<double>(all)), " %).");
}

std::string ends_sentence(const DatasetPreview& preview) {
  if (preview.answers == 0) return "There is no answer to teach.";
  const std::string proof =
      concat("on a token that is taught and at which this model stops (", stop_list(preview), ")");
  if (preview.answers_proved == preview.answers)
    return preview.answers == 1 ? concat("The one answer ends ", proof, ".")
                                : concat("All ", grouped_number(preview.answers), " answers end ", proof, ".");
  return concat("Only ", grouped_number(preview.answers_proved), " of ", counted(preview.answers, "answer"), " end ",
                proof, "; behind the others the model may go on talking.");
}

std::string cut_sentence(const DatasetPreview& preview) {
  const std::string room = concat("the context length of ", counted(preview.context_length, "token"));
  if (preview.example_tokens.total == 0) return "";
  if (preview.too_long == 0)
    return concat("Nothing is cut: the longest example has ", counted(preview.example_tokens.most, "token"), ", ",
                  room, " holds it.");
  return concat(
      counted(preview.too_long, "example"), preview.too_long == 1 ? " is" : " are", " longer than ", room, ": ",
      counted(preview.tokens_cut, "token"), " lie behind it, with a part of ", counted(preview.answers_cut, "answer"),
      ". Training divides such examples and loses nothing (long_examples \"split\"); \"truncate\" would lose "
      "this part, and with it how the answer ends. Shorter ones teach better.");
}

std::string end_sentence(const PreviewAnswer& answer) {
  const std::string end = concat("The answer of message ", answer.turn, ": ", counted(answer.tokens, "token"),
                                 "; it ends on ", answer.end_text, " (token ", answer.end_token, "), ");
  if (!answer.end_stops) return end + "which does not stop the model.";
  if (!answer.end_is_cut) return end + "which is taught and stops the model.";
  return concat(end, "which stops the model; with ", counted(answer.tokens_cut, "token"),
                " of the answer it lies behind the context length.");
}

std::string size_of(const ExamplePreview& example) {
  return concat(counted(example.tokens, "token"), ", ", grouped_number(example.taught), " of them taught",
                example.tokens_cut > 0 ? concat(", ", grouped_number(example.tokens_cut), " cut off") : "");
}

std::string spread_of(const PreviewHistogram& histogram) {
  if (histogram.least == histogram.most) return concat(counted(histogram.most, "token"), " each");
  return concat(grouped_number(histogram.least), " to ", grouped_number(histogram.most), ", half of them up to ",
                grouped_number(static_cast<std::int64_t>(std::floor(histogram.median))));
}

std::string wrapped(const std::string& text, const std::string& first, const std::string& rest) {
  constexpr std::size_t line_length = 110;
  std::string out = first;
  std::size_t column = first.size();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (column + (end - at) > line_length && column > rest.size()) {
      while (!out.empty() && out.back() == ' ') out.pop_back();
      out += '\n' + rest;
      column = rest.size();
    }
    out += text.substr(at, end - at) + ' ';
    column += end - at + 1;
    at = end + 1;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out + '\n';
}

std::vector<std::string> problems(const DatasetPreview& preview, std::size_t most) {
  std::vector<std::string> lines;
  std::size_t more = 0;
  for (const ExamplePreview& example : preview.examples) {
    if (example.error.empty() && example.tokens_cut == 0) continue;
    if (lines.size() >= most) {
      ++more;
      continue;
    }
    lines.push_back(concat(place_of(example.origin, example.line, example.index), ": ",
                           example.error.empty() ? what_is_lost(example) : example.error));
  }
  if (more > 0) lines.push_back(concat("... and ", grouped_number(static_cast<std::int64_t>(more)), " more."));
  return lines;
}

}  // namespace pmtune::preview
