#include "data/problems.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "data/personal_data.hpp"

namespace pmtune::data {
namespace {

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// A sentence that goes on after a colon or semicolon: small first letter (unless it is an abbreviation), no full
// stop.
std::string as_clause(std::string sentence) {
  const auto is_upper = [&](std::size_t i) {
    return i < sentence.size() && sentence[i] >= 'A' && sentence[i] <= 'Z';
  };
  if (is_upper(0) && !is_upper(1)) sentence[0] = static_cast<char>(sentence[0] - 'A' + 'a');
  if (!sentence.empty() && sentence.back() == '.') sentence.pop_back();
  return sentence;
}

}  // namespace

Problem error_at(std::int64_t line, const char* code, std::string message, std::string fix) {
  return {line, Severity::error, code, std::move(message), std::move(fix)};
}

Problem warning_at(std::int64_t line, const char* code, std::string message, std::string fix) {
  return {line, Severity::warning, code, std::move(message), std::move(fix)};
}

Problem encoding_problem(std::int64_t line, std::string_view before) {
  return error_at(line, "encoding",
                  concat("A character after ", quoted(last_characters(before, 25)), " is not valid UTF-8."),
                  "Open the file in your editor, choose \"Save as\" and pick the encoding UTF-8.");
}

std::string_view first_characters(std::string_view text, std::size_t most) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (continues_character(text[at])) continue;
    if (most == 0) break;
    --most;
  }
  return text.substr(0, at);
}

std::string_view last_characters(std::string_view text, std::size_t most) {
  std::size_t at = text.size();
  while (at > 0 && most > 0) {
    --at;
    if (!continues_character(text[at])) --most;
  }
  return text.substr(at);
}

std::string one_line(std::string_view text) {
  const std::string valid = replace_invalid_utf8(text);
  std::string shown;
  for (std::size_t at = 0; at < valid.size();) {
    const std::uint32_t c = next_code_point(valid, at);
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    append_utf8(shown, control ? ' ' : c);
  }
  return shown;
}

std::string quoted(std::string_view text, std::size_t most) {
  // Four bytes a character at most: what lies far beyond cannot be shown, and the text may be very long.
  const std::string_view near = text.substr(0, most * 4 + 80);
  const std::string shown = mask_personal_data(one_line(near));
  const std::string_view start = first_characters(shown, most);
  const bool cut = start.size() < shown.size() || near.size() < text.size();
  return concat('"', start, cut ? "…" : "", '"');
}

std::string one_sentence(std::string_view place, const Problem& problem) {
  const std::string line = problem.line > 0 ? concat(" line ", problem.line) : "";
  return concat(place, line, ": ", as_clause(problem.message), "; ", as_clause(problem.fix), ".");
}

std::string grouped_number(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3 && digits[at - 4] != '-'; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string counted(std::int64_t number, const char* noun) {
  return concat(grouped_number(number), " ", noun, number == 1 ? "" : "s");
}

void ProblemList::add(Problem problem) {
  Tally& tally = tallies_[problem.code];
  tally.severity = std::max(tally.severity, problem.severity);
  tally.last = std::max(tally.last, problem.line);
  if (++tally.count <= most_per_code) {
    problems_.push_back(std::move(problem));
  } else if (tally.count == most_per_code + 1) {
    tally.first_unlisted = problem.line;
    tally.fix = std::move(problem.fix);
  }
}

std::vector<Problem> ProblemList::take() {
  for (auto& [code, tally] : tallies_) {
    const std::int64_t unlisted = tally.count - most_per_code;
    if (unlisted <= 0) continue;
    problems_.push_back(
        {tally.first_unlisted, tally.severity, code,
         concat("And ", grouped_number(unlisted), " more like this, the last in line ", tally.last, "."),
         std::move(tally.fix)});
  }
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    if (a.line != b.line) return a.line < b.line;
    return a.severity > b.severity;
  });
  return std::move(problems_);
}

}  // namespace pmtune::data
