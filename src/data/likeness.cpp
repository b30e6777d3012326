#include "data/likeness.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "base/utf8.hpp"

namespace pmtune::data {
namespace {

bool is_system(const Message& message) { return message.role == "system"; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string folded(std::string_view text) {
  std::string out;
  for (const char c : trimmed(text)) {
    if (!is_blank(c))
      out.push_back(c);
    else if (out.back() != ' ')
      out.push_back(' ');
  }
  return out;
}

// From here on Unicode holds scripts that put no spaces between words.
constexpr std::uint32_t first_without_spaces = 0x2E80;

bool is_of_word(std::uint32_t c) {
  return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void append_words(std::string_view text, WordSet& words) {
  std::size_t begin = 0;  // of the word that is being read
  const auto end_word = [&](std::size_t end) {
    if (end > begin) words.push_back(std::hash<std::string>()(ascii_lower(text.substr(begin, end - begin))));
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t here = at;
    const std::uint32_t c = next_code_point(text, at);
    if (is_of_word(c) && c < first_without_spaces) continue;
    end_word(here);
    begin = here;
    if (c >= first_without_spaces) end_word(at);
    begin = at;
  }
  end_word(text.size());
}

}  // namespace

std::string question_key(const Example& example, bool with_system_message) {
  std::string key;
  for (std::size_t i = 0; i + 1 < example.messages.size(); ++i) {
    const Message& message = example.messages[i];
    if (is_system(message) && !with_system_message) continue;
    const std::string text = folded(message.content);
    key += concat(message.role, ' ', text.size(), ':', text);  // with its length, so that no two lists spell one key
  }
  return key;
}

const std::string& question_of(const Example& example) {
  static const std::string none;
  const auto found = std::find_if(example.messages.rbegin(), example.messages.rend(),
                                  [](const Message& message) { return message.role == "user"; });
  return found == example.messages.rend() ? none : found->content;
}

WordSet words_of(const Example& example) {
  WordSet words;
  for (const Message& message : example.messages)
    if (!is_system(message)) append_words(message.content, words);
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

double overlap(const WordSet& a, const WordSet& b) {
  std::size_t common = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (*i == *j) {
      ++common;
      ++i;
      ++j;
    } else if (*i < *j) {
      ++i;
    } else {
      ++j;
    }
  }
  const std::size_t all = a.size() + b.size() - common;
  return all == 0 ? 0 : static_cast<double>(common) / static_cast<double>(all);
}

}  // namespace pmtune::data
