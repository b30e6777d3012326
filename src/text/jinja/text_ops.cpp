#include "text/jinja/text_ops.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "text/jinja/letter_case.hpp"
#include "text/unicode.hpp"

namespace pmtune::text::jinja {
namespace {

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::size_t character_before(std::string_view text, std::size_t end) {
  std::size_t start = end - 1;
  while (start > 0 && continues_character(text[start])) --start;
  return start;
}

bool to_be_stripped(std::string_view text, std::size_t at, std::optional<std::string_view> chars) {
  const std::uint32_t character = next_code_point(text, at);
  if (!chars) return is_python_space(character);
  for (std::size_t i = 0; i < chars->size();)
    if (next_code_point(*chars, i) == character) return true;
  return false;
}

// Where to cut; in order, disjoint.
std::vector<ByteRange> space_runs(std::string_view text) {
  std::vector<ByteRange> runs;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    if (!is_python_space(next_code_point(text, at))) continue;
    if (!runs.empty() && runs.back().end == start) {
      runs.back().end = at;
    } else {
      runs.push_back({start, at});
    }
  }
  return runs;
}

std::vector<ByteRange> occurrences(std::string_view text, std::string_view wanted, bool from_right) {
  std::vector<ByteRange> found;
  if (from_right) {
    for (std::size_t end = text.size(); end >= wanted.size();) {
      const std::size_t at = text.rfind(wanted, end - wanted.size());
      if (at == std::string_view::npos) break;
      found.push_back({at, at + wanted.size()});
      end = at;
    }
    std::reverse(found.begin(), found.end());
  } else {
    for (std::size_t at = text.find(wanted); at != std::string_view::npos; at = text.find(wanted, at + wanted.size()))
      found.push_back({at, at + wanted.size()});
  }
  return found;
}

void keep_at_most(std::vector<ByteRange>& cuts, std::int64_t most, bool from_right) {
  if (most < 0 || cuts.size() <= static_cast<std::size_t>(most)) return;
  const auto excess = static_cast<std::ptrdiff_t>(cuts.size()) - most;
  if (from_right) {
    cuts.erase(cuts.begin(), cuts.begin() + excess);
  } else {
    cuts.erase(cuts.end() - excess, cuts.end());
  }
}

// An empty text is found before every character and at the end.
std::vector<ByteRange> empty_occurrences(std::string_view text) {
  std::vector<ByteRange> found;
  for (std::size_t at = 0; at <= text.size(); ++at)
    if (at == text.size() || !continues_character(text[at])) found.push_back({at, at});
  return found;
}

}  // namespace

std::int64_t count_characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char byte) { return !continues_character(byte); });
}

std::size_t byte_of_character(std::string_view text, std::int64_t index) {
  std::size_t at = 0;
  for (; at < text.size(); ++at)
    if (!continues_character(text[at]) && index-- == 0) break;
  return at;
}

ByteRange strip(std::string_view text, std::optional<std::string_view> chars, Sides sides) {
  ByteRange rest{0, text.size()};
  while (sides.left && rest.begin < rest.end && to_be_stripped(text, rest.begin, chars)) {
    do {
      ++rest.begin;
    } while (rest.begin < rest.end && continues_character(text[rest.begin]));
  }
  while (sides.right && rest.begin < rest.end) {
    const std::size_t last = character_before(text, rest.end);
    if (!to_be_stripped(text, last, chars)) break;
    rest.end = last;
  }
  return rest;
}

MarkedText replace(Runtime& runtime, const MarkedText& text, std::string_view old, const MarkedText& replacement,
                   std::int64_t most) {
  runtime.step(1 + text.size() / 64);
  std::vector<ByteRange> found = old.empty() ? empty_occurrences(text.view()) : occurrences(text.view(), old, false);
  keep_at_most(found, most, false);
  runtime.step(1 + found.size());
  runtime.check_text_size(text.size() - found.size() * old.size());
  if (!replacement.empty() && found.size() > max_text_bytes / replacement.size())
    runtime.limit_passed("bytes in one text", max_text_bytes);
  MarkedText made;
  std::size_t at = 0;
  for (const ByteRange& range : found) {
    made.append_slice(text, at, range.begin);
    made.append(replacement);
    at = range.end;
  }
  made.append_slice(text, at, text.size());
  return made;
}

std::vector<Value> split(Runtime& runtime, const MarkedText& text, std::optional<std::string_view> separator,
                         std::int64_t most, bool from_right) {
  runtime.step(1 + text.size() / 64);
  std::vector<Value> parts;
  const auto part = [&](std::size_t begin, std::size_t end) {
    parts.push_back(runtime.text(text.slice(begin, end)));
  };
  if (separator) {
    std::vector<ByteRange> cuts = occurrences(text.view(), *separator, from_right);
    keep_at_most(cuts, most, from_right);
    std::size_t at = 0;
    for (const ByteRange& cut : cuts) {
      part(at, cut.begin);
      at = cut.end;
    }
    part(at, text.size());
    return parts;
  }
  // White space at both ends cuts nothing off; what remains after the last cut keeps the far end's spaces.
  const ByteRange whole{0, text.size()};
  const ByteRange inner = strip(text.view(), std::nullopt, {});
  if (inner.size() == 0) return parts;
  std::vector<ByteRange> cuts = space_runs(text.view().substr(inner.begin, inner.size()));
  for (ByteRange& cut : cuts) cut = {cut.begin + inner.begin, cut.end + inner.begin};
  const std::size_t all_cuts = cuts.size();
  keep_at_most(cuts, most, from_right);
  const bool cut_short = cuts.size() < all_cuts || most == 0;
  std::size_t at = from_right && cut_short ? whole.begin : inner.begin;
  for (const ByteRange& cut : cuts) {
    part(at, cut.begin);
    at = cut.end;
  }
  part(at, !from_right && cut_short ? whole.end : inner.end);
  return parts;
}

std::vector<Value> split_lines(Runtime& runtime, const MarkedText& text, bool keep_ends) {
  runtime.step(1 + text.size() / 64);
  const auto ends_line = [](std::uint32_t c) {
    return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
  };
  std::vector<Value> lines;
  std::size_t line = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const std::uint32_t character = next_code_point(text.view(), at);
    if (!ends_line(character)) continue;
    if (character == '\r' && at < text.size() && text.view()[at] == '\n') ++at;
    lines.push_back(runtime.text(text.slice(line, keep_ends ? at : start)));
    line = at;
  }
  if (line < text.size()) lines.push_back(runtime.text(text.slice(line, text.size())));
  return lines;
}

std::vector<Value> characters(Runtime& runtime, const MarkedText& text) {
  std::vector<Value> parts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    next_code_point(text.view(), at);
    parts.push_back(runtime.text(text.slice(start, at)));
    if (parts.size() > max_list_items) runtime.limit_passed("items in one list", max_list_items);
  }
  return parts;
}

bool is_letter(std::uint32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return c >= 0xAA && !is_python_space(c) && c != 0xAB && !(c >= 0xAC && c <= 0xB4) && !(c >= 0xB6 && c <= 0xB9) &&
         !(c >= 0xBB && c <= 0xBF) && c != 0xD7 && c != 0xF7 && !(c >= 0x2000 && c <= 0x206F);
}

bool all_characters(std::string_view text, bool (*property)(std::uint32_t)) {
  for (std::size_t at = 0; at < text.size();)
    if (!property(next_code_point(text, at))) return false;
  return !text.empty();
}

std::string to_upper(std::string_view text) {
  std::string made;
  for (std::size_t at = 0; at < text.size();) append_upper(made, next_code_point(text, at));
  return made;
}

std::string to_lower(std::string_view text) {
  std::string made;
  for (std::size_t at = 0; at < text.size();) append_utf8(made, lower_case(next_code_point(text, at)));
  return made;
}

std::string capitalize(std::string_view text) {
  const std::size_t second = byte_of_character(text, 1);
  return to_upper(text.substr(0, second)) + to_lower(text.substr(second));
}

std::string title_python(std::string_view text) {
  std::string made;
  bool inside_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t character = next_code_point(text, at);
    if (inside_word) {
      append_utf8(made, lower_case(character));
    } else {
      append_upper(made, character);
    }
    inside_word = is_letter(character);
  }
  return made;
}

std::string title_jinja(std::string_view text) {
  const auto parts_words = [](std::uint32_t c) {
    return is_python_space(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
  };
  std::string made;
  bool inside_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t character = next_code_point(text, at);
    if (inside_word) {
      append_utf8(made, lower_case(character));
    } else {
      append_upper(made, character);
    }
    inside_word = !parts_words(character);
  }
  return made;
}

}  // namespace pmtune::text::jinja
