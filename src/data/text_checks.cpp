#include "data/text_checks.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "data/personal_data.hpp"
#include "data/problems.hpp"
#include "data/refusals.hpp"
#include "data/words.hpp"

namespace pmtune::data {
namespace {

// "<|", up to 30 letters, digits and underscores, "|>" at the head of `text`; else 0.
std::size_t bar_token_size(std::string_view text) {
  std::size_t at = 2;
  const auto is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  while (at < text.size() && at < 32 && is_name(text[at])) ++at;
  return at > 2 && text.substr(at, 2) == "|>" ? at + 2 : 0;
}

// Joiners shape emoji and the letters of many scripts; between Latin letters they are debris.
bool joins_letters(std::uint32_t before) { return before >= 0x0590; }

// "an e-mail address (a***@***.com) and a phone number (+49***)": one of each kind.
std::string describe_personal_data(std::string_view text) {
  std::vector<const char*> kinds;
  std::string described;
  for (const PersonalData& found : find_personal_data(text)) {
    if (std::find(kinds.begin(), kinds.end(), found.kind) != kinds.end()) continue;
    kinds.push_back(found.kind);
    described += concat(described.empty() ? "" : " and ", found.kind, " (", masked(found, text), ")");
  }
  return described;
}

}  // namespace

const char* invisible_name(std::uint32_t c, std::uint32_t before) {
  if (c == '\t' || c == '\n' || c == '\r') return nullptr;
  if (c < 0x20 || c == 0x7F || (c >= 0x80 && c < 0xA0)) return "a control character";
  if (c == 0xFEFF) return "a byte order mark";
  if (c == 0x200B || c == 0x2060) return "a zero-width space";
  if (c == 0x200C || c == 0x200D) return joins_letters(before) ? nullptr : "a zero-width joiner";
  if (c == 0xAD) return "a soft hyphen";
  if ((c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069)) return "a mark that turns the writing direction";
  if (c == 0xFFFD) return "a replacement character \xEF\xBF\xBD, left where a letter was lost";
  return nullptr;
}

std::string_view find_template_token(std::string_view text) {
  static constexpr std::array<std::string_view, 7> others{
      "[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<start_of_turn>", "<end_of_turn>", "<|endoftext|>"};
  for (std::size_t at = text.find_first_of("<["); at != std::string_view::npos;
       at = text.find_first_of("<[", at + 1)) {
    const std::string_view here = text.substr(at);
    if (here.starts_with("<|"))
      if (const std::size_t size = bar_token_size(here)) return here.substr(0, size);
    for (const std::string_view token : others)
      if (here.starts_with(token)) return token;
  }
  return {};
}

const char* find_invisible_character(std::string_view text) {
  std::uint32_t before = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] >= ' ' && text[at] < 0x7F) {
      before = 0;
      ++at;
      continue;
    }
    const std::uint32_t c = next_code_point(text, at);
    if (const char* name = invisible_name(c, before)) return name;
    before = c;
  }
  return nullptr;
}

std::int64_t count_words(std::string_view text) {
  std::int64_t words = 0;
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] > ' ') {
      words += !inside;
      inside = true;
      ++at;
      continue;
    }
    const std::uint32_t c = next_code_point(text, at);
    const bool space = c == ' ' || (c >= 9 && c <= 13) || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x3000;
    const bool alone = is_word_by_itself(c);
    if (alone || (!space && !inside)) ++words;
    inside = !space && !alone;
  }
  return words;
}

void TextChecks::check(const Example& example, std::vector<Problem>& warnings) {
  for (std::size_t i = 0; i < example.messages.size(); ++i) {
    const Message& message = example.messages[i];
    const bool seen =
        message.role == "system" && !system_prompts_.insert(std::hash<std::string>()(message.content)).second;
    if (!seen) check_message(message, i + 1, example.line, warnings);
  }
}

void TextChecks::check_message(const Message& message, std::size_t number, std::int64_t line,
                               std::vector<Problem>& warnings) {
  const std::string& text = message.content;
  if (const std::string_view token = find_template_token(text); !token.empty())
    warnings.push_back(warning_at(
        line, "template_tokens_in_content",
        concat("Message ", number, " contains ", quoted(token), ", a sign that marks turns for the model."),
        "Remove it: pmtune puts such signs in by itself."));
  if (const char* name = find_invisible_character(text))
    warnings.push_back(warning_at(line, "invisible_characters", concat("Message ", number, " contains ", name, "."),
                                  "Paste the text as plain text, or type that place again."));
  if (const std::string_view opening = find_refusal(text);
      message.role == "assistant" && message.weight != 0 && !opening.empty())
    warnings.push_back(
        warning_at(line, "refusal", concat("The answer in message ", number, " refuses (", quoted(opening), ")."),
                   "Write the answer that you would like to get, unless the model should refuse here."));
  if (const std::string found = describe_personal_data(text); !found.empty())
    warnings.push_back(warning_at(line, "personal_data", concat("Message ", number, " seems to contain ", found, "."),
                                  "Replace it by an invented one: the model may repeat it to anybody."));
}

}  // namespace pmtune::data
