// What the commands print with: colours where a person looks, plain text where a program does.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace pmtune::cli {

enum class Colour { bold, dim, green, yellow, red, underlined_green, struck_red };

bool is_terminal(const std::ostream& out);  // true for std::cout and std::cerr on a terminal

// The text in that colour where `out` is a terminal (and NO_COLOR is not set), else as it stands.
std::string painted(const std::ostream& out, Colour colour, const std::string& text);

// The two halves of painted(): both empty where it leaves the text as it stands.
std::string paint_begin(const std::ostream& out, Colour colour);
std::string paint_end(const std::ostream& out);

std::string plural(std::size_t count, const std::string& noun);  // "1 example", "3 examples"
std::string short_number(double value);                          // "1.42"; "-" when it is not a number

// Columns aligned for the eye; the first row holds the titles.
void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows);

// A line that is overwritten by the next one, on stderr and only on a terminal.
class StatusLine {
 public:
  StatusLine();
  ~StatusLine() { clear(); }
  void show(const std::string& text);
  void show(std::int64_t done, std::int64_t of, const std::string& text);  // with a bar, where there is room for one
  void clear();

 private:
  bool active_;
  bool shown_ = false;
};

// Writes nowhere; for --quiet.
std::ostream& silence();

}  // namespace pmtune::cli
