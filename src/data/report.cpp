// A report as a person reads it and as a program reads it.
#include <algorithm>
#include <ostream>

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "data/problems.hpp"

namespace pmtune {
namespace {

constexpr std::size_t width = 100;         // of a line of text, in characters
constexpr std::size_t entries_shown = 10;  // of each severity: together they fit a screen
constexpr std::size_t places_named = 8;

// Problems with the same words are told once, with all their lines.
struct Entry {
  const Problem* problem;
  std::vector<std::int64_t> lines;
};

std::vector<Entry> entries_of(const std::vector<Problem>& problems, Severity severity) {
  std::vector<Entry> entries;
  for (const Problem& problem : problems) {
    if (problem.severity != severity) continue;
    const auto same = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
      return entry.problem->message == problem.message && entry.problem->fix == problem.fix;
    });
    if (same == entries.end())
      entries.push_back({&problem, {problem.line}});
    else if (same->lines.back() != problem.line)
      same->lines.push_back(problem.line);
  }
  return entries;
}

std::string place_of(const Entry& entry) {
  if (entry.lines.front() == 0) return "whole file";
  std::string text = entry.lines.size() == 1 ? "line " : "lines ";
  for (std::size_t i = 0; i < entry.lines.size(); ++i) {
    if (i == places_named) return concat(text, " and ", entry.lines.size() - i, " more");
    text += concat(i == 0 ? "" : i + 1 == entry.lines.size() ? " and " : ", ", entry.lines[i]);
  }
  return text;
}

std::size_t characters_in(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// Words put into lines of at most `width` characters; further lines begin at `hanging`.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t hanging) {
  std::string out(indent, ' ');
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    const std::size_t size = characters_in(word);
    if (column > indent && column + 1 + size > width) {
      out.append("\n").append(hanging, ' ');
      column = hanging;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out.append(word);
    column += size;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out + "\n";
}

// "chat, JSONL", "question-answer, CSV, gzip"
std::string form_of(const DatasetStats& stats) {
  const std::string container = stats.container.substr(0, stats.container.find('.'));
  return concat(stats.format, ", ", container == "json" ? "a JSON list" : ascii_upper(container),
                stats.container.ends_with(".gz") ? ", gzip" : "");
}

void append_section(std::string& text, const char* title, const std::vector<Entry>& entries) {
  if (entries.empty()) return;
  text += concat("\n", title, "\n");
  for (std::size_t i = 0; i < std::min(entries.size(), entries_shown); ++i)
    text += wrapped(concat(place_of(entries[i]), ": ", entries[i].problem->message), 2, 6) +
            wrapped(concat("-> ", entries[i].problem->fix), 6, 9);
  if (entries.size() > entries_shown)
    text += concat("  ... and ", entries.size() - entries_shown,
                   " more of these; mend the first ones and check again.\n");
}

}  // namespace

bool DatasetReport::ok() const {
  return std::none_of(problems.begin(), problems.end(),
                      [](const Problem& p) { return p.severity == Severity::error; });
}

std::string DatasetReport::to_text() const {
  const std::vector<Entry> errors = entries_of(problems, Severity::error);
  const std::vector<Entry> warnings = entries_of(problems, Severity::warning);
  const char* verdict = !errors.empty()    ? "not ready for training."
                        : warnings.empty() ? "ready for training, nothing to remark."
                                           : "ready for training, with remarks.";
  std::string text = concat(path, ": ", verdict, "\n");
  if (stats.examples > 0)
    text +=
        wrapped(concat(data::counted(stats.examples, "usable example"), " in ", data::counted(stats.lines, "line"),
                       " (", form_of(stats), "), ", data::counted(stats.turns, "answer"), " of ",
                       stats.answer_words_least, " to ", data::counted(stats.answer_words_most, "word"),
                       ", half of them up to ", stats.answer_words_median, "."),
                0, 0);
  append_section(text, "To mend before training", errors);
  append_section(text, "To think about", warnings);
  return text;
}

std::string DatasetReport::to_json() const {
  Json json;
  json["ok"] = ok();
  json["path"] = path;
  json["stats"] = {{"lines", stats.lines},
                   {"examples", stats.examples},
                   {"turns", stats.turns},
                   {"answer_words_least", stats.answer_words_least},
                   {"answer_words_median", stats.answer_words_median},
                   {"answer_words_most", stats.answer_words_most},
                   {"format", stats.format},
                   {"container", stats.container}};
  json["problems"] = Json::array();
  for (const Problem& problem : problems)
    json["problems"].push_back({{"line", problem.line},
                                {"severity", problem.severity == Severity::error ? "error" : "warning"},
                                {"code", problem.code},
                                {"message", problem.message},
                                {"fix", problem.fix}});
  // A path may hold any bytes; they are shown as far as they are text.
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::ostream& operator<<(std::ostream& out, const DatasetReport& report) { return out << report.to_text(); }

}  // namespace pmtune
