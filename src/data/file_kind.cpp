#include "data/file_kind.hpp"

#include <initializer_list>

#include "base/ascii.hpp"
#include "data/problems.hpp"

namespace pmtune::data {
namespace {

using namespace std::string_view_literals;

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> starts) {
  for (std::string_view start : starts)
    if (text.starts_with(start)) return true;
  return false;
}

bool name_ends_with_any(const std::string& name, std::initializer_list<std::string_view> ends) {
  const std::string small = ascii_lower(name);
  for (std::string_view end : ends)
    if (small.ends_with(end)) return true;
  return false;
}

// With a byte order mark, or by the zero bytes that every second character of plain text has.
const char* wide_encoding(std::string_view head) {
  if (starts_with_any(head, {"\xFF\xFE\0\0"sv, "\0\0\xFE\xFF"sv, "{\0\0\0"sv, "[\0\0\0"sv, "\0\0\0{"sv, "\0\0\0["sv}))
    return "UTF-32";
  if (starts_with_any(head, {"\xFF\xFE"sv, "\xFE\xFF"sv, "{\0"sv, "[\0"sv, "\0{"sv, "\0["sv})) return "UTF-16";
  return nullptr;
}

}  // namespace

std::optional<Problem> foreign_kind(std::string_view head, const std::string& name) {
  if (const char* encoding = wide_encoding(head))
    return error_at(0, "encoding", std::string("The file is saved as ") + encoding + ", but it must be UTF-8.",
                    "Open it in your editor, choose \"Save as\" and pick the encoding UTF-8.");
  if (head.starts_with("\x1F\x8B"sv))
    return error_at(0, "unsupported", "The file is compressed (gzip), which is not read yet.",
                    "Unpack it first and give the .jsonl file inside.");
  if (head.starts_with("PK\x03\x04"sv))
    return error_at(0, "unsupported", "The file is a spreadsheet, document or zip archive, which is not read.",
                    "Give a .jsonl file: one example on each line.");
  if (name_ends_with_any(name, {".csv", ".tsv", ".xlsx", ".xls", ".parquet"}))
    return error_at(
        0, "unsupported", "The file is a table, which is not read yet.",
        "Turn each row into a line like {\"prompt\": \"...\", \"completion\": \"...\"} in a .jsonl file.");
  return std::nullopt;
}

std::size_t byte_order_mark_size(std::string_view head) { return head.starts_with("\xEF\xBB\xBF"sv) ? 3 : 0; }

Layout layout_of(std::string_view head) {
  head.remove_prefix(byte_order_mark_size(head));
  const std::size_t begin = head.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return Layout::lines;
  if (head[begin] == '[') return Layout::list;
  const std::size_t end = head.find('\n', begin);
  // A first line that only opens a brace: an editor has spread the example over several lines.
  return end != std::string_view::npos && trimmed(head.substr(begin, end - begin)) == "{" ? Layout::spread
                                                                                          : Layout::lines;
}

}  // namespace pmtune::data
