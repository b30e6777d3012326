#include "line_input.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <iterator>

#include "interrupt.hpp"
#include "terminal.hpp"

namespace pmtune::cli {
namespace {

constexpr const char* fence = "\"\"\"";

bool ends_with_backslash(const std::string& line) { return !line.empty() && line.back() == '\\'; }

std::string without_fence(const std::string& line) { return line.substr(0, line.size() - 3); }

bool ends_with_fence(const std::string& line) {
  return line.size() >= 3 && line.compare(line.size() - 3, 3, fence) == 0;
}

}  // namespace

LineInput::LineInput() : is_person_(isatty(STDIN_FILENO) != 0 && is_terminal(std::cout)) {}

LineInput::Event LineInput::read(const std::string& prompt, std::string& text) {
  text.clear();
  Event event = line(prompt, text);
  if (event != Event::text) return event;
  // A text may begin behind words: /teach """
  if (ends_with_fence(text) && text.find(fence) == text.size() - 3) {
    text = without_fence(text);
    return more_of(text, fence);
  }
  if (ends_with_backslash(text)) {
    text.back() = '\n';
    return more_of(text, "");
  }
  return Event::text;
}

// until: the sign that ends the text; empty: it ends with the first line that has no backslash.
LineInput::Event LineInput::more_of(std::string& text, const char* until) {
  const bool fenced = *until != '\0';
  std::string next;
  for (bool first = true;; first = false) {
    const Event event = line(painted(std::cout, Colour::dim, "… "), next);
    if (event == Event::interrupted) return event;
    if (event == Event::end) return Event::text;
    if (fenced && !first) text += '\n';
    if (fenced && ends_with_fence(next)) {
      text += without_fence(next);
      if (!text.empty() && text.back() == '\n') text.pop_back();
      return Event::text;
    }
    const bool goes_on = !fenced && ends_with_backslash(next);
    if (goes_on) next.back() = '\n';
    text += next;
    if (!fenced && !goes_on) return Event::text;
  }
}

// Not std::getline, which goes on waiting when Ctrl-C was pressed.
LineInput::Event LineInput::line(const std::string& prompt, std::string& out) {
  if (is_person_) std::cout << prompt << std::flush;
  const Interrupt interrupt;
  while (true) {
    const std::size_t end = unread_.find('\n');
    if (end != std::string::npos || (at_end_ && !unread_.empty())) {
      out = unread_.substr(0, end);
      unread_.erase(0, end == std::string::npos ? end : end + 1);
      if (!out.empty() && out.back() == '\r') out.pop_back();
      return Event::text;
    }
    if (at_end_) return Event::end;
    pollfd input{STDIN_FILENO, POLLIN, 0};
    const int ready = poll(&input, 1, -1);
    if (ready < 0 && errno == EINTR && Interrupt::seen()) return Event::interrupted;
    if (ready < 0) continue;
    char bytes[4096];
    const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (count > 0)
      unread_.append(bytes, static_cast<std::size_t>(count));
    else if (count == 0 || errno != EINTR)
      at_end_ = true;
  }
}

std::string read_stdin() { return std::string(std::istreambuf_iterator<char>(std::cin), {}); }

}  // namespace pmtune::cli
