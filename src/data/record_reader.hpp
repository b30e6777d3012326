// Cuts a file into records: the lines of a .jsonl file, or the elements of one JSON list. Nothing is understood here
// but where a record begins and ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <pmtune/dataset.hpp>
#include <string>
#include <string_view>

namespace pmtune::data {

// Fills at most `room` bytes; 0 means the end.
using ReadBytes = std::function<std::size_t(char* bytes, std::size_t room)>;

// Throws not_found, io, or invalid_argument for a folder.
ReadBytes read_file(const std::string& path);
// The text must outlive the reader.
ReadBytes read_memory(std::string_view text);

struct Record {
  std::int64_t line = 0;    // where it begins
  std::string_view text;    // valid until the next call
  std::string_view before;  // what stands before it in its line
};

class RecordReader {
 public:
  static constexpr std::size_t most_record_bytes = std::size_t{64} << 20;
  static constexpr std::size_t most_list_bytes = std::size_t{1} << 30;

  // `name` is only looked at for its ending (.csv, .gz).
  RecordReader(ReadBytes read, const std::string& name);
  ~RecordReader();

  // Why the file as a whole cannot be read (it is UTF-16, compressed, a table, ...), if so.
  const std::optional<Problem>& unreadable() const { return unreadable_; }

  // The next record that is not blank. A faulty stretch of the file sets `problem` instead of the record's text.
  bool next(Record& record, std::optional<Problem>& problem);

  // A way of cutting; one for lines, one for a list.
  class Cutter {
   public:
    virtual ~Cutter() = default;
    virtual bool next(Record& record, std::optional<Problem>& problem) = 0;
  };

 private:
  std::optional<Problem> unreadable_;
  std::unique_ptr<Cutter> cutter_;
};

}  // namespace pmtune::data
