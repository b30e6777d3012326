// Cuts a file into records: the lines of a .jsonl file, the elements of one JSON list, or the rows of a table.
// Nothing is understood here but where a record begins and ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <pmtune/dataset.hpp>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "data/byte_buffer.hpp"

namespace pmtune::data {

// Throws not_found, io, or invalid_argument for a folder.
ReadBytes read_file(const std::string& path);
// The text must outlive the reader.
ReadBytes read_memory(std::string_view text);

struct Record {
  std::int64_t line = 0;         // where it begins
  std::string_view text;         // JSON; valid until the next call, as all that follows
  std::string_view before;       // what stands before it in its line
  const Json* object = nullptr;  // in place of a text: a row of a table, whose texts are UTF-8
};

class RecordReader {
 public:
  static constexpr std::size_t most_record_bytes = std::size_t{64} << 20;
  static constexpr std::size_t most_list_bytes = std::size_t{1} << 30;

  // Of `name` only the ending is looked at (.csv, .tsv). format: as in LoadOptions. Throws DamagedContent.
  RecordReader(ReadBytes read, const std::string& name, const std::string& format = "auto");
  ~RecordReader();

  // Why the file as a whole cannot be read (it is UTF-16, a spreadsheet, ...), if so.
  const std::optional<Problem>& unreadable() const { return unreadable_; }

  // "jsonl", "json" or "csv", and behind it ".gz" when it is compressed.
  const std::string& container() const { return container_; }

  // The next record that is not blank. A faulty stretch of the file sets `problem` instead of the record's text.
  // Throws DamagedContent.
  bool next(Record& record, std::optional<Problem>& problem);

  // A way of cutting.
  class Cutter {
   public:
    virtual ~Cutter() = default;
    virtual bool next(Record& record, std::optional<Problem>& problem) = 0;
  };

 private:
  void cut_whole(ByteBuffer buffer, bool in_brackets);

  std::optional<Problem> unreadable_;
  std::string container_;
  std::unique_ptr<Cutter> cutter_;
};

}  // namespace pmtune::data
