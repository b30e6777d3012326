// Lines that a person or a program writes on standard input: several as one text, and Ctrl-C without losing the
// program.
#pragma once

#include <string>

namespace pmtune::cli {

class LineInput {
 public:
  enum class Event { text, end, interrupted };

  LineInput();
  bool is_person() const { return is_person_; }  // writes on a terminal, and reads there

  // One text: a line; lines that end with a backslash, joined; or what stands between two lines of """. prompt is
  // shown to a person. At the end of the input, half a text counts as a whole one.
  Event read(const std::string& prompt, std::string& text);

 private:
  Event line(const std::string& prompt, std::string& out);
  Event more_of(std::string& text, const char* until);

  bool is_person_;
  std::string unread_;
  bool at_end_ = false;
};

// Everything that is left on standard input.
std::string read_stdin();

}  // namespace pmtune::cli
