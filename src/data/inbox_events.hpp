// What the lines of an inbox say, and what all of them together come to.
//
// A line is {"check":"0123456789abcdef","event":...}: the check is the first 16 hex digits of the SHA-256 of all that
// follows the comma after it, byte for byte. Events are "append" (id, received, author, source, example) and "review"
// (id, reviewed, status, reviewer, note).
#pragma once

#include <pmtune/inbox.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.hpp"
#include "data/line_file.hpp"
#include "data/problems.hpp"

namespace pmtune::data {

std::string sealed_line(const Json& event);  // with its check, without a line break

// Reads the events in the order of the file.
class InboxState {
 public:
  explicit InboxState(std::string path) : path_(std::move(path)) {}

  void read(const LineFile& file);

  std::vector<InboxEntry> entries;
  ProblemList problems;

  // The entry whose id begins so. Throws not_found, invalid_argument (several do, or it is too short).
  InboxEntry& find(const std::string& id);

 private:
  void read_line(const LineFile::Line& line);
  void apply(const Json& event, std::int64_t line);
  void apply_append(const Json& event, std::int64_t line);
  void apply_review(const Json& event, std::int64_t line);
  void report(std::int64_t line, const char* code, std::string message);
  std::string path_;
  std::unordered_map<std::string, std::size_t> by_id_;
};

// "pending", "accepted" or "rejected"; throws invalid_argument.
void require_status(const std::string& status);

}  // namespace pmtune::data
