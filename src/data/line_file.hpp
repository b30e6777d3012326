// A file to which several processes add lines: one lock, one write and one sync for each line. What was cut short by
// a kill or a power failure is kept apart from the next line. Nothing here knows what the lines say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pmtune::data {

class LineFile {
 public:
  static constexpr std::size_t most_line_bytes = std::size_t{4} << 20;

  enum class Use { read, append };

  // Opens and locks the file, against writers only when it is read. For append it is created when missing, with its
  // folder; for read a file that is not there is an empty one. Waits up to ten seconds for others. Throws io, busy,
  // invalid_argument (not a plain file).
  LineFile(std::filesystem::path path, Use use);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  struct Line {
    std::int64_t number = 0;  // from 1
    std::string_view text;    // without its end; empty when it is too long
    bool too_long = false;
  };
  // Calls visit for each line that is not empty, the last one also when it has no end.
  void read(const std::function<void(const Line&)>& visit) const;

  // Adds the line and returns when it is on disk. at_step: "locked", "written", "synced"; tests kill the process
  // there. Throws io, and then the file is as it was, as far as the disk lets it.
  void append(std::string_view line, const std::function<void(const char*)>& at_step = {});

 private:
  void open(Use use);
  void lock(Use use);
  std::int64_t size() const;
  bool ends_a_line(std::int64_t size) const;
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace pmtune::data
