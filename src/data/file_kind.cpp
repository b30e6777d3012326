#include "data/file_kind.hpp"

#include <algorithm>
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

// With a byte order mark, or by the zero bytes that every second character of plain text has.
const char* wide_encoding(std::string_view head) {
  if (starts_with_any(head, {"\xFF\xFE\0\0"sv, "\0\0\xFE\xFF"sv, "{\0\0\0"sv, "[\0\0\0"sv, "\0\0\0{"sv, "\0\0\0["sv}))
    return "UTF-32";
  if (starts_with_any(head, {"\xFF\xFE"sv, "\xFE\xFF"sv, "{\0"sv, "[\0"sv, "\0{"sv, "\0["sv})) return "UTF-16";
  return nullptr;
}

}  // namespace

std::optional<Problem> foreign_kind(std::string_view head) {
  if (const char* encoding = wide_encoding(head))
    return error_at(
        0, "encoding", std::string("The file is saved as ") + encoding + ", but it must be UTF-8.",
        "Run \"pmtune fix\" on it, or open it in your editor, choose \"Save as\" and pick the encoding UTF-8.");
  if (head.starts_with("PK\x03\x04"sv))
    return error_at(0, "unsupported", "The file is a spreadsheet, document or zip archive, which is not read.",
                    "Save the spreadsheet as CSV, with the columns \"question\" and \"answer\", and give that file.");
  if (head.starts_with("PAR1"sv))
    return error_at(0, "unsupported", "The file is a Parquet table, which is not read.",
                    "Save the table as CSV or JSONL and give that file.");
  return std::nullopt;
}

bool has_table_name(const std::string& name) {
  std::string_view plain = name;
  if (plain.ends_with(".gz")) plain.remove_suffix(3);
  const std::string ending = ascii_lower(plain.substr(plain.size() - std::min<std::size_t>(plain.size(), 4)));
  return ending == ".csv" || ending == ".tsv";
}

std::size_t byte_order_mark_size(std::string_view head) { return head.starts_with("\xEF\xBB\xBF"sv) ? 3 : 0; }

Layout layout_of(std::string_view head) {
  const std::size_t begin = head.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return Layout::lines;
  if (head[begin] == '[') return Layout::list;
  const std::size_t end = head.find('\n', begin);
  // A first line that only opens a brace: an editor has spread the example over several lines.
  return end != std::string_view::npos && trimmed(head.substr(begin, end - begin)) == "{" ? Layout::spread
                                                                                          : Layout::lines;
}

}  // namespace pmtune::data
