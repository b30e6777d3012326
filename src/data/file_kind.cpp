#include "data/file_kind.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "data/problems.hpp"
#include "data/recode.hpp"

namespace pmtune::data {

using namespace std::string_view_literals;

std::optional<Problem> foreign_kind(std::string_view head) {
  if (const char* encoding = wide_encoding_of(head).name)
    return error_at(
        0, "encoding", std::string("The file is saved as ") + encoding + ", but it must be UTF-8.",
        "Open it in your editor, choose \"Save as\" and pick the encoding UTF-8, or have it fixed (\"pmtune fix\").");
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
