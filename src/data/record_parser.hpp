// From the text of one record to an example, whichever accepted form it is written in.
#pragma once

#include <cstdint>
#include <map>
#include <pmtune/dataset.hpp>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "data/record_reader.hpp"

namespace pmtune::data {

class RecordParser {
 public:
  // format: as in LoadOptions. origin: what examples name as their file.
  RecordParser(std::string format, std::string origin);

  // Appends what is wrong to `problems`; `example` is complete when no error was appended.
  void parse(const Record& record, Example& example, std::vector<Problem>& problems);

  // The form of the examples read so far: "chat", "prompt-completion", "instruction", "mixed", or "".
  const std::string& form() const { return form_; }

  // Warnings about keys beside the example's own, which nothing reads; one for each key.
  std::vector<Problem> unread_keys() const;

 private:
  struct UnreadKey {
    std::int64_t first_line = 0;
    std::int64_t count = 0;
  };
  void parse_object(const Json& object, Example& example, std::vector<Problem>& problems);
  std::string form_of(const Json& object) const;
  void note_form(const std::string& form);
  void note_unread_keys(const Json& object, const std::string& form, std::int64_t line);

  std::string format_;
  std::string origin_;
  std::string form_;
  std::map<std::string, UnreadKey> unread_;
};

}  // namespace pmtune::data
