#include "eval/checks.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "base/options.hpp"
#include "base/utf8.hpp"
#include "base/markdown.hpp"
#include "eval/pattern.hpp"

namespace pmtune {
namespace eval {
namespace {

CheckResult result_of(const FormatCheck& check, bool passed, std::string note) {
  return {check.label.empty() ? check.kind : check.label, passed, std::move(note)};
}

// "3 of at least 2 headings"
CheckResult counted(const FormatCheck& check, std::int64_t count, std::int64_t least, const std::string& what) {
  const bool passed = count >= least && (check.most == 0 || count <= check.most);
  std::string bound = check.most == 0       ? concat("at least ", least)
                      : check.most == least ? concat("exactly ", least)
                      : least == 0          ? concat("at most ", check.most)
                                            : concat(least, " to ", check.most);
  return result_of(check, passed, concat(count, " of ", bound, " ", what));
}

// One line of plain text: marks dropped, line breaks and runs of blanks as one blank.
std::string flattened(const std::string& answer) {
  std::string flat;
  for (const std::string_view line : lines_of(answer)) {
    const std::string plain = without_marks(line);
    if (plain.empty()) continue;
    if (!flat.empty()) flat += ' ';
    flat += plain;
  }
  return flat;
}

constexpr std::size_t longest_story = 16384;  // bytes that are searched; a model that rambles on may write megabytes

// "As a ..., I want ..., so that ...", whatever emphasis, list marks or line breaks stand between the parts.
CheckResult user_story(const FormatCheck& check, const std::string& answer) {
  static const Pattern story(
      R"((?i)\bas (?:an?|the)\b:?(?! (?:result|whole|rule|reminder|next step)\b)[ ,:]+\S.{0,300}?)"
      R"(\bi(?: (?:want|need|wish|would like|should be able|can)|['\x{2019}]d like)\b[ :]+\S.{0,500}?)"
      R"(\b(?:so (?:that|i|we|they|my|our)|in order to)\b[ :]+\S)");
  static const Pattern unfilled(R"((?i)\bas an? ?[\[<{].{0,80}?[\]>}].{0,40}?\bi want.{0,20}?[\[<{])");
  static const Pattern opening(R"((?i)\bas an? .{0,200}?\bi (?:want|need|would like)\b)");
  std::string flat = flattened(answer);
  flat.resize(whole_characters(std::string_view(flat).substr(0, longest_story)));
  if (unfilled.search(flat) == Pattern::Match::yes)
    return result_of(check, false, "the parts are still placeholders");
  if (story.search(flat) == Pattern::Match::yes) return result_of(check, true, "role, wish and benefit are there");
  if (opening.search(flat) == Pattern::Match::yes)
    return result_of(check, false, "\"so that\" with the benefit is missing");
  return result_of(check, false, "no \"As a ..., I want ..., so that ...\"");
}

// Criteria that begin with "Given" and go on with "when" and "then", in one line or as a block of lines.
std::int64_t count_given_when_then(const std::string& answer) {
  std::int64_t count = 0;
  enum class Part { none, given, when } seen = Part::none;
  for (const std::string_view line : lines_of(answer)) {
    std::string rest = ascii_lower(without_marks(line));
    if (rest.rfind("given ", 0) == 0 || rest.rfind("given,", 0) == 0 || rest.rfind("given:", 0) == 0)
      seen = Part::given;
    std::size_t from = 0;
    if (seen == Part::given) {
      const std::size_t at = rest.find("when");
      if (at == std::string::npos) continue;
      seen = Part::when;
      from = at + 4;
    }
    if (seen == Part::when && rest.find("then", from) != std::string::npos) {
      ++count;
      seen = Part::none;
    }
  }
  return count;
}

// List items between a heading (or lead-in) that names acceptance criteria and the next heading.
std::int64_t count_listed_criteria(const std::string& answer) {
  std::int64_t count = 0;
  bool inside = false;
  for (const std::string_view line : lines_of(answer)) {
    const std::string plain = ascii_lower(without_marks(line));
    if (plain.rfind("acceptance criteri", 0) == 0 && count_words(plain) <= 4)
      inside = true;
    else if (is_heading(line) && !is_list_item(line))
      inside = false;
    else if (inside && is_list_item(line))
      ++count;
  }
  return count;
}

CheckResult acceptance_criteria(const FormatCheck& check, const std::string& answer) {
  const std::int64_t count = std::max(count_given_when_then(answer), count_listed_criteria(answer));
  return counted(check, count, std::max<std::int64_t>(check.least, 1), "criteria");
}

CheckResult next_step(const FormatCheck& check, const std::string& answer) {
  std::string last;
  bool before_last = false;
  for (const std::string_view line : lines_of(answer)) {
    if (trimmed(line).empty()) continue;
    before_last = before_last || ascii_lower(last).rfind("next step", 0) == 0;
    last = without_marks(line);
  }
  const std::string low = ascii_lower(last);
  const std::size_t colon = low.find(':');
  const bool opens = low.rfind("next step:", 0) == 0 || low.rfind("next steps:", 0) == 0;
  if (opens && count_words(low.substr(colon + 1)) >= 2) return result_of(check, true, "the last line names it");
  if (opens) return result_of(check, false, "the last line announces it but names none");
  return result_of(
      check, false,
      before_last ? "it is there, but not on the last line" : "the last line does not begin with \"Next step:\"");
}

CheckResult contains(const FormatCheck& check, const std::string& answer, bool wanted) {
  const bool found = ascii_lower(answer).find(ascii_lower(check.text)) != std::string::npos;
  return result_of(check, found == wanted, concat("\"", check.text, "\" is ", found ? "there" : "not there"));
}

CheckResult pattern(const FormatCheck& check, const std::string& answer) {
  switch (Pattern(check.text).search(answer)) {
    case Pattern::Match::yes: return result_of(check, true, "");
    case Pattern::Match::no: return result_of(check, false, "not found");
    case Pattern::Match::too_costly: break;
  }
  return result_of(check, false, "given up: the pattern takes too long on this answer; make it simpler");
}

template <class Matches>
std::int64_t count_lines(const std::string& answer, Matches matches) {
  const auto lines = lines_of(answer);
  return std::count_if(lines.begin(), lines.end(), matches);
}

}  // namespace

const std::vector<std::string>& check_kinds() {
  static const std::vector<std::string> kinds{"user_story",    "acceptance_criteria", "sections",
                                              "numbered_list", "next_step",           "words",
                                              "contains",      "not_contains",        "pattern"};
  return kinds;
}

void validate_check(const FormatCheck& check, const std::string& where) {
  const auto& kinds = check_kinds();
  if (std::find(kinds.begin(), kinds.end(), check.kind) == kinds.end()) {
    std::string list;
    for (const std::string& kind : kinds) list += (list.empty() ? "" : ", ") + kind;
    fail(Code::invalid_argument, where, " has the unknown kind \"", check.kind, "\"; known are: ", list, ".",
         did_you_mean(check.kind, kinds));
  }
  const bool needs_text = check.kind == "contains" || check.kind == "not_contains" || check.kind == "pattern";
  if (needs_text && check.text.empty())
    fail(Code::invalid_argument, where, " of kind ", check.kind, " needs \"text\": what to look for.");
  if (check.least < 0 || check.most < 0 || (check.most > 0 && check.most < check.least))
    fail(Code::invalid_argument, where, " asks for ", check.least, " to ", check.most,
         "; \"least\" must be 0 or more and not above \"most\" (0 = no upper limit).");
  if (check.kind == "words" && check.least == 0 && check.most == 0)
    fail(Code::invalid_argument, where, " of kind words needs \"least\" or \"most\".");
  if (check.kind == "pattern") Pattern{check.text};
}

}  // namespace eval

CheckResult run_check(const FormatCheck& check, const std::string& given) {
  using namespace eval;
  validate_check(check, "The check");
  const std::string answer = replace_invalid_utf8(given);
  const std::int64_t least = std::max<std::int64_t>(check.least, 1);
  if (check.kind == "user_story") return user_story(check, answer);
  if (check.kind == "acceptance_criteria") return acceptance_criteria(check, answer);
  if (check.kind == "sections") return counted(check, count_lines(answer, is_heading), least, "headings");
  if (check.kind == "numbered_list")
    return counted(check, count_lines(answer, is_numbered_item), least, "numbered items");
  if (check.kind == "next_step") return next_step(check, answer);
  if (check.kind == "words") return counted(check, count_words(answer), check.least, "words");
  if (check.kind == "pattern") return pattern(check, answer);
  return contains(check, answer, check.kind == "contains");
}

}  // namespace pmtune
