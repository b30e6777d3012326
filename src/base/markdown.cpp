#include "base/markdown.hpp"

#include "base/ascii.hpp"

namespace pmtune {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
// Bytes of characters beyond ASCII count as letters.
bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return is_digit(c) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80;
}

// The length of a marker such as "12." or "3)" with a blank behind it; 0 when there is none.
std::size_t number_marker(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && at < 4 && is_digit(text[at])) ++at;
  if (at == 0 || at + 1 >= text.size() || (text[at] != '.' && text[at] != ')')) return 0;
  // "**1.** Name": the emphasis may close between the point and the blank.
  std::size_t after = at + 1;
  while (after < text.size() && (text[after] == '*' || text[after] == '_')) ++after;
  return after < text.size() && is_blank(text[after]) ? after + 1 : 0;
}

std::size_t bullet_marker(std::string_view text) {
  if (text.size() >= 2 && (text[0] == '-' || text[0] == '*' || text[0] == '+') && is_blank(text[1])) return 2;
  static constexpr std::string_view dot = "\xE2\x80\xA2";  // U+2022
  return text.substr(0, dot.size()) == dot ? dot.size() : 0;
}

std::string_view without_prefix_of(std::string_view text, std::string_view characters) {
  const std::size_t start = text.find_first_not_of(characters);
  return start == std::string_view::npos ? std::string_view{} : text.substr(start);
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

std::string without_marks(std::string_view line) {
  line = trimmed(without_prefix_of(trimmed(line), "> \t"));
  line = trimmed(without_prefix_of(line, "#"));
  line.remove_prefix(bullet_marker(line));
  line = without_prefix_of(trimmed(line), "*_");
  line.remove_prefix(number_marker(line));
  std::string plain;
  for (const char c : line)
    if (c != '*' && c != '`' && c != '_') plain += c;
  return std::string(trimmed(plain));
}

bool is_heading(std::string_view line) {
  line = trimmed(line);
  const std::size_t marks = line.find_first_not_of('#');
  if (marks != std::string_view::npos && marks >= 1 && marks <= 6 && is_blank(line[marks])) return true;
  if (line.size() < 5 || line.substr(0, 2) != "**") return false;
  if (line.back() == ':') line.remove_suffix(1);  // "**Plan**:"
  return line.size() >= 5 && line.substr(line.size() - 2) == "**" && line.find("**", 2) == line.size() - 2;
}

bool is_list_item(std::string_view line) {
  line = trimmed(line);
  return bullet_marker(line) > 0 || is_numbered_item(line);
}

bool is_numbered_item(std::string_view line) {
  line = without_prefix_of(trimmed(line), "#");
  line = without_prefix_of(trimmed(line), "*_");
  const std::size_t marker = number_marker(line);
  return marker > 0 && !trimmed(line.substr(marker)).empty();
}

std::int64_t count_words(std::string_view text) {
  std::int64_t words = 0;
  bool counted = false;
  for (const char c : text) {
    if (is_blank(c)) {
      counted = false;
    } else if (!counted && is_word_byte(c)) {
      counted = true;
      ++words;
    }
  }
  return words;
}

}  // namespace pmtune
