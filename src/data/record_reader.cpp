#include "data/record_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "base/fail.hpp"
#include "data/file_kind.hpp"
#include "data/gunzip.hpp"
#include "data/problems.hpp"
#include "data/table_cutter.hpp"

namespace pmtune::data {
namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

class LineCutter : public RecordReader::Cutter {
 public:
  explicit LineCutter(ByteBuffer buffer) : buffer_(std::move(buffer)) {}

  bool next(Record& record, std::optional<Problem>& problem) override {
    for (;;) {
      buffer_.drop(used_);
      used_ = 0;
      bool too_long = false;
      const std::size_t end = find_line_end(too_long);
      if (end == 0 && at_end_ && !too_long) return false;
      ++line_;
      std::string_view text = buffer_.rest().substr(0, end);
      used_ = std::min(end + 1, buffer_.rest().size());
      if (too_long) {
        problem = error_at(line_, "invalid_json",
                           concat("The line is longer than ", RecordReader::most_record_bytes >> 20, " MB."),
                           "Put each example on a line of its own.");
        return true;
      }
      if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
      if (is_blank(text)) continue;
      record.line = line_;
      record.text = text;
      return true;
    }
  }

 private:
  // The length of the line at the head of the buffer, which then holds all of it. Of an endless line only the last
  // block is kept.
  std::size_t find_line_end(bool& too_long) {
    std::size_t searched = 0;
    for (;;) {
      const std::size_t end = buffer_.rest().find('\n', searched);
      if (end != std::string_view::npos) return end;
      searched = buffer_.rest().size();
      if (searched > RecordReader::most_record_bytes) {
        too_long = true;
        buffer_.drop(searched);
        searched = 0;
      }
      if (!buffer_.grow()) {
        at_end_ = true;
        return buffer_.rest().size();
      }
    }
  }

  ByteBuffer buffer_;
  std::size_t used_ = 0;  // by the record handed out last
  std::int64_t line_ = 0;
  bool at_end_ = false;
};

// Cuts [{...}, {...}] or {...}{...} between its elements, whatever stands inside them. Commas between elements may be
// missing or too many: what is meant stays clear.
class ListCutter : public RecordReader::Cutter {
 public:
  ListCutter(std::string text, bool in_brackets) : text_(std::move(text)), in_brackets_(in_brackets) {
    if (in_brackets_) at_ = text_.find('[') + 1;
    count_lines(0, at_);
  }

  bool next(Record& record, std::optional<Problem>& problem) override {
    skip_between();
    if (done_) return false;
    if (at_ >= text_.size()) {
      done_ = true;
      if (!in_brackets_) return false;
      problem = error_at(line_, "invalid_json", "The list is not closed: the ] at the end of the file is missing.",
                         "The file may be cut off; save it again, or add the ].");
      return true;
    }
    if (in_brackets_ && text_[at_] == ']') return trailing_text(problem);
    const std::size_t begin = at_;
    record.line = line_;
    record.before = std::string_view(text_).substr(line_begin_, begin - line_begin_);
    at_ = element_end(begin);
    record.text = std::string_view(text_).substr(begin, at_ - begin);
    count_lines(begin, at_);
    return true;
  }

 private:
  void skip_between() {
    const std::size_t begin = at_;
    const char* between = in_brackets_ ? " \t\r\n," : " \t\r\n";
    at_ = std::min(text_.find_first_not_of(between, at_), text_.size());
    count_lines(begin, at_);
  }

  bool trailing_text(std::optional<Problem>& problem) {
    done_ = true;
    const std::string_view behind = std::string_view(text_).substr(at_ + 1);
    if (is_blank(behind)) return false;
    count_lines(at_, at_ + 1 + behind.find_first_not_of(" \t\r\n"));
    problem = error_at(line_, "invalid_json", "There is more text after the ] that ends the list.",
                       "Move it into the list or remove it.");
    return true;
  }

  std::size_t element_end(std::size_t begin) const {
    std::size_t depth = 0;
    bool in_text = false;
    for (std::size_t at = begin; at < text_.size(); ++at) {
      const char c = text_[at];
      if (in_text) {
        if (c == '\\')
          ++at;
        else if (c == '"')
          in_text = false;
        continue;
      }
      if (c == '"') in_text = true;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && depth > 0 && --depth == 0) return at + 1;
      if (depth == 0 && (c == ',' || c == ']' || (c == '\n' && at > begin))) return std::max(at, begin + 1);
    }
    return text_.size();
  }

  void count_lines(std::size_t from, std::size_t to) {
    // Looked for between the two only: a list in one long line must not be searched to its end for every element.
    const std::string_view passed = std::string_view(text_).substr(0, to);
    for (std::size_t at = passed.find('\n', from); at != std::string_view::npos; at = passed.find('\n', at + 1)) {
      ++line_;
      line_begin_ = at + 1;
    }
  }

  std::string text_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
  std::size_t line_begin_ = 0;
  bool in_brackets_;
  bool done_ = false;
};

}  // namespace

ReadBytes read_file(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::is_directory(path, error)) fail(Code::invalid_argument, path, " is a folder; name a file in it.");
  std::shared_ptr<std::FILE> file(std::fopen(path.c_str(), "rb"), [](std::FILE* open) {
    if (open) std::fclose(open);
  });
  if (!file && (errno == ENOENT || errno == ENOTDIR))
    fail(Code::not_found, "There is no file ", path, "; check the path.");
  if (!file)
    fail(Code::io, "The file ", path, " cannot be opened (", std::strerror(errno), "); check its permissions.");
  return [file, path](char* bytes, std::size_t room) {
    const std::size_t got = std::fread(bytes, 1, room, file.get());
    if (got == 0 && std::ferror(file.get()))
      fail(Code::io, "The file ", path, " could not be read to its end; try again.");
    return got;
  };
}

ReadBytes read_memory(std::string_view text) {
  return [text](char* bytes, std::size_t room) mutable {
    const std::size_t count = std::min(room, text.size());
    std::copy_n(text.data(), count, bytes);
    text.remove_prefix(count);
    return count;
  };
}

RecordReader::RecordReader(ReadBytes read, const std::string& name, const std::string& format) {
  auto [buffer, was_packed] = unpacked(std::move(read));
  while (is_blank(buffer.rest()) && buffer.rest().size() < most_record_bytes && buffer.grow()) {
  }
  unreadable_ = foreign_kind(buffer.rest());
  if (unreadable_) return;
  buffer.drop(byte_order_mark_size(buffer.rest()));
  const Layout layout = layout_of(buffer.rest());
  const bool table =
      format == "csv" || has_table_name(name) || (layout == Layout::lines && looks_like_table(buffer.rest()));
  container_ = concat(table ? "csv" : layout == Layout::list ? "json" : "jsonl", was_packed ? ".gz" : "");
  if (table)
    cutter_ = cut_table(std::move(buffer));
  else if (layout == Layout::lines)
    cutter_ = std::make_unique<LineCutter>(std::move(buffer));
  else
    cut_whole(std::move(buffer), layout == Layout::list);
}

void RecordReader::cut_whole(ByteBuffer buffer, bool in_brackets) {
  while (buffer.rest().size() <= most_list_bytes && buffer.grow()) {
  }
  if (buffer.rest().size() <= most_list_bytes)
    cutter_ = std::make_unique<ListCutter>(buffer.take(), in_brackets);
  else
    unreadable_ = error_at(0, "unsupported", "The file is one JSON list of more than 1 GB.",
                           "Write one example on each line of a .jsonl file.");
}

RecordReader::~RecordReader() = default;

bool RecordReader::next(Record& record, std::optional<Problem>& problem) {
  problem.reset();
  record = {};
  return cutter_ && cutter_->next(record, problem);
}

}  // namespace pmtune::data
