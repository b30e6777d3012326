#include "data/table_cutter.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "data/pair_keys.hpp"
#include "data/problems.hpp"

namespace pmtune::data {
namespace {

constexpr std::array<char, 3> delimiters{',', ';', '\t'};
constexpr std::size_t most_columns = 1000;

using Row = std::vector<std::string>;

enum class RowEnd { row, end_of_file, open_quote, too_long };

// Takes rows off the buffer. Cells may hold line breaks when they stand in quotes; a quote inside is doubled.
class RowReader {
 public:
  explicit RowReader(ByteBuffer buffer) : buffer_(std::move(buffer)) {}

  std::int64_t line() const { return line_; }  // of the next character
  void set_delimiter(char delimiter) { delimiter_ = delimiter; }
  std::string_view rest() const { return buffer_.rest(); }

  RowEnd next(Row& row) {
    row.assign(1, {});
    std::size_t held = 0;
    bool quoted = false, anything = false;
    for (;;) {
      const std::optional<char> c = take();
      if (!c) return quoted ? RowEnd::open_quote : anything ? RowEnd::row : RowEnd::end_of_file;
      anything = true;
      if (++held > RecordReader::most_record_bytes) return RowEnd::too_long;
      if (*c == '"' && (quoted || row.back().empty())) {
        if (quoted && peek() == '"')
          row.back() += *take();
        else
          quoted = !quoted;
      } else if (quoted) {
        row.back() += *c;
      } else if (*c == delimiter_) {
        if (row.size() < most_columns) row.emplace_back();
      } else if (*c == '\n') {
        return RowEnd::row;
      } else if (*c != '\r' || peek() != '\n') {
        row.back() += *c;
      }
    }
  }

 private:
  std::optional<char> peek() {
    if (at_ == buffer_.rest().size()) {
      buffer_.drop(at_);
      at_ = 0;
      if (!buffer_.grow()) return std::nullopt;
    }
    return buffer_.rest()[at_];
  }
  std::optional<char> take() {
    const std::optional<char> c = peek();
    if (c) ++at_;
    if (c == '\n') ++line_;
    return c;
  }

  ByteBuffer buffer_;
  std::size_t at_ = 0;  // of the rest
  std::int64_t line_ = 1;
  char delimiter_ = ',';
};

// The keys by which records know the columns, or "" for one that means nothing to them.
std::vector<std::string> keys_of(const Row& header) {
  std::vector<std::string> keys;
  for (const std::string& cell : header) keys.push_back(key_of_column(cell));
  return keys;
}

bool has_pair(const std::vector<std::string>& keys) {
  const auto is_one = [&](const auto& names) {
    return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
      return std::find(names.begin(), names.end(), key) != names.end();
    });
  };
  return (is_one(question_keys) || is_one(input_keys)) && is_one(answer_keys);
}

// Spreadsheets in some countries put a line "sep=;" before all others.
std::optional<char> named_delimiter(std::string_view head) {
  return head.starts_with("sep=") && head.size() > 5 && (head[5] == '\n' || head[5] == '\r')
             ? std::optional<char>(head[4])
             : std::nullopt;
}

Row first_row(std::string_view head, char delimiter) {
  // A header that is longer than this names no columns.
  RowReader reader(ByteBuffer(read_memory(head.substr(0, 65536))));
  reader.set_delimiter(delimiter);
  Row row;
  reader.next(row);
  return row;
}

// The one that makes the columns known; else the one that makes most columns.
char delimiter_of(std::string_view head) {
  char best = delimiters.front();
  std::size_t most = 0;
  for (const char delimiter : delimiters) {
    const Row row = first_row(head, delimiter);
    if (has_pair(keys_of(row))) return delimiter;
    if (row.size() > most) best = delimiter;
    most = std::max(most, row.size());
  }
  return best;
}

class TableCutter : public RecordReader::Cutter {
 public:
  explicit TableCutter(ByteBuffer buffer) : rows_(std::move(buffer)) {}

  bool next(Record& record, std::optional<Problem>& problem) override {
    if (columns_.empty() && !done_) read_header(problem);
    if (problem) return true;
    while (!done_) {
      record.line = rows_.line();
      const RowEnd end = rows_.next(row_);
      done_ = end != RowEnd::row;
      if (end == RowEnd::end_of_file) return false;
      if (end != RowEnd::row) problem = open_quote(record.line, end);
      if (!problem && is_blank(row_)) continue;
      if (!problem && row_.size() > columns_.size()) problem = too_many_cells(record.line);
      if (!problem) problem = not_utf8(record.line);
      if (!problem) object_ = to_json();
      record.object = &object_;
      return true;
    }
    return false;
  }

 private:
  static bool is_blank(const Row& row) {
    return std::all_of(row.begin(), row.end(), [](const std::string& cell) { return trimmed(cell).empty(); });
  }

  void read_header(std::optional<Problem>& problem) {
    if (const auto named = named_delimiter(rows_.rest())) {
      rows_.set_delimiter(*named);
      rows_.next(row_);
    } else {
      rows_.set_delimiter(delimiter_of(rows_.rest()));
    }
    const std::int64_t line = rows_.line();
    const RowEnd end = rows_.next(row_);
    columns_ = keys_of(row_);
    if (end == RowEnd::row && has_pair(columns_)) return name_other_columns();
    done_ = true;
    if (end == RowEnd::end_of_file) return;
    if (end == RowEnd::row)
      problem = unknown_columns(line);
    else
      problem = open_quote(line, end);
  }

  // They keep their own names, so that a report can say that nothing reads them.
  void name_other_columns() {
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].empty()) columns_[i] = row_[i];
  }

  Problem unknown_columns(std::int64_t line) const {
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(row_.size(), 4); ++i)
      names += concat(i == 0 ? "" : ", ", quoted(row_[i], 30));
    return error_at(
        line, "unknown_columns",
        concat("The first row of the table should name the columns of the questions and of the answers, but "
               "it holds ",
               names, row_.size() > 4 ? ", ..." : "", "."),
        "Make it the first row: name one column \"question\" and one \"answer\".");
  }

  static Problem open_quote(std::int64_t line, RowEnd end) {
    if (end == RowEnd::too_long)
      return error_at(line, "invalid_table",
                      concat("The row is longer than ", RecordReader::most_record_bytes >> 20, " MB."),
                      "A quote may not have been closed there; save the table again as CSV.");
    return error_at(line, "invalid_table", "A quote opens in this row and is never closed.",
                    "Close it, or save the table again as CSV.");
  }

  Problem too_many_cells(std::int64_t line) const {
    return error_at(line, "invalid_table",
                    concat("The row has ", row_.size(), " cells, but the table has ", columns_.size(), " columns."),
                    "Put the cell that holds the separator into quotes; spreadsheets do that when they save as CSV.");
  }

  std::optional<Problem> not_utf8(std::int64_t line) const {
    for (const std::string& cell : row_)
      if (const std::size_t at = find_invalid_utf8(cell); at != std::string::npos)
        return encoding_problem(line, std::string_view(cell).substr(0, at));
    return std::nullopt;
  }

  Json to_json() {
    Json object = Json::object();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string cell = i < row_.size() ? std::move(row_[i]) : std::string();
      if (!object.contains(columns_[i])) object[columns_[i]] = columns_[i] == "tags" ? tags_of(cell) : Json(cell);
    }
    return object;
  }

  // "prd; growth"
  static Json tags_of(std::string_view cell) {
    Json tags = Json::array();
    while (!cell.empty()) {
      const std::size_t end = std::min(cell.find_first_of(",;"), cell.size());
      if (const std::string_view tag = trimmed(cell.substr(0, end)); !tag.empty()) tags.push_back(tag);
      cell.remove_prefix(std::min(end + 1, cell.size()));
    }
    return tags;
  }

  RowReader rows_;
  std::vector<std::string> columns_;
  Row row_;
  Json object_;
  bool done_ = false;
};

}  // namespace

bool looks_like_table(std::string_view head) {
  if (named_delimiter(head)) return true;
  if (head.empty() || head.front() == '{' || head.front() == '[') return false;
  return std::any_of(delimiters.begin(), delimiters.end(),
                     [&](char delimiter) { return has_pair(keys_of(first_row(head, delimiter))); });
}

std::unique_ptr<RecordReader::Cutter> cut_table(ByteBuffer buffer) {
  return std::make_unique<TableCutter>(std::move(buffer));
}

}  // namespace pmtune::data
