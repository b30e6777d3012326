#include "terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace pmtune::cli {
namespace {

// A longer line would wrap, and then only its last part would be overwritten.
std::size_t line_length() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20;
  return known ? size.ws_col - 1u : 79u;
}

const char* code_of(Colour colour) {
  switch (colour) {
    case Colour::bold: return "\033[1m";
    case Colour::dim: return "\033[2m";
    case Colour::green: return "\033[32m";
    case Colour::yellow: return "\033[33m";
    case Colour::red: return "\033[31m";
    case Colour::underlined_green: return "\033[4;32m";
    case Colour::struck_red: return "\033[9;31m";
  }
  return "";
}

bool is_painted(const std::ostream& out) {
  static const bool wanted = std::getenv("NO_COLOR") == nullptr;
  return wanted && is_terminal(out);
}

// Characters, not bytes: names may hold any letters.
std::size_t width(const std::string& text) {
  std::size_t count = 0;
  for (const char byte : text) count += (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
  return count;
}

std::string first_characters(const std::string& text, std::size_t most) {
  std::size_t end = 0;
  for (std::size_t count = 0; end < text.size(); ++end)
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && count++ == most) break;
  return text.substr(0, end);
}

}  // namespace

bool is_terminal(const std::ostream& out) {
  if (&out == &std::cout) return isatty(STDOUT_FILENO) != 0;
  return &out == &std::cerr && isatty(STDERR_FILENO) != 0;
}

std::string painted(const std::ostream& out, Colour colour, const std::string& text) {
  return paint_begin(out, colour) + text + paint_end(out);
}

std::string paint_begin(const std::ostream& out, Colour colour) { return is_painted(out) ? code_of(colour) : ""; }

std::string paint_end(const std::ostream& out) { return is_painted(out) ? "\033[0m" : ""; }

std::string plural(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string short_number(double value) {
  if (std::isnan(value)) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

void print_table(std::ostream& out, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths.size() <= i) widths.push_back(0);
      widths[i] = std::max(widths[i], width(row[i]));
    }
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      line += rows[r][i];
      if (i + 1 < rows[r].size()) line += std::string(widths[i] - width(rows[r][i]) + 2, ' ');
    }
    out << (r == 0 ? painted(out, Colour::bold, line) : line) << '\n';
  }
}

StatusLine::StatusLine() : active_(is_terminal(std::cerr)) {}

void StatusLine::show(const std::string& text) {
  if (!active_) return;
  std::cerr << "\r\033[K" << first_characters(text, line_length()) << std::flush;
  shown_ = true;
}

void StatusLine::show(std::int64_t done, std::int64_t of, const std::string& text) {
  constexpr std::size_t least = 5, most = 20, frame = 3;  // "[", "] "
  const std::size_t taken = width(text) + frame;
  const std::size_t room = std::min(most, line_length() - std::min(line_length(), taken));
  if (of <= 0 || room < least) return show(text);
  const double part = std::clamp(static_cast<double>(done) / static_cast<double>(of), 0.0, 1.0);
  const auto full = static_cast<std::size_t>(part * static_cast<double>(room));
  show("[" + std::string(full, '#') + std::string(room - full, '.') + "] " + text);
}

void StatusLine::clear() {
  if (shown_) std::cerr << "\r\033[K" << std::flush;
  shown_ = false;
}

std::ostream& silence() {
  static std::ostream nowhere(nullptr);
  return nowhere;
}

}  // namespace pmtune::cli
