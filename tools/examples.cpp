#include "examples.hpp"

#include <filesystem>
#include <iostream>
#include <sstream>

#include "terminal.hpp"

namespace pmtune::cli {
namespace {

bool is_in_registry(const std::string& source, const RegistryFlag& registry) {
  if (!registry.exists()) return false;
  try {
    registry.open_existing().get_data(source);
    return true;
  } catch (const Error& error) {
    if (error.code() == Code::not_found) return false;
    throw;
  }
}

// "NAME-d3"
bool looks_like_version(const std::string& source) {
  const std::size_t last = source.find_last_not_of("0123456789");
  return last != std::string::npos && last > 1 && last + 1 < source.size() && source[last] == 'd' &&
         source[last - 1] == '-' && source.find('/') == std::string::npos;
}

Colour colour_of(const std::string& line) {
  const std::size_t at = line.find_first_not_of(' ');
  const char sign = at == std::string::npos ? ' ' : line[at];
  return sign == '+' ? Colour::green : sign == '-' ? Colour::red : sign == '~' ? Colour::yellow : Colour::dim;
}

}  // namespace

Dataset load_examples(const std::string& source, const RegistryFlag& registry) {
  std::error_code error;
  if (std::filesystem::exists(source, error)) return Dataset::load(source);
  if (is_in_registry(source, registry) || looks_like_version(source))
    return registry.open_existing().open_data(source);
  return Dataset::load(source);  // which says that it is not there
}

void print_problems(std::ostream& out, const std::vector<Problem>& problems) {
  for (const Problem& problem : problems) {
    out << "  ";
    if (problem.line > 0) out << "line " << problem.line << ": ";
    out << problem.message << "\n      -> " << problem.fix << '\n';
  }
}

void print_diff(std::ostream& out, const DatasetDiff& diff) {
  std::istringstream lines(diff.to_text());
  bool first = true;
  for (std::string line; std::getline(lines, line); first = false)
    out << (first ? line : painted(out, colour_of(line), line)) << '\n';
}

std::string cell(const std::string& text, std::size_t most) {
  std::string shown;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool continues = (byte & 0xC0) == 0x80;
    if (!continues && most-- == 0) return shown + "…";
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0xFFu;
    const bool control = byte < 0x20 || byte == 0x7F || (byte == 0xC2 && next < 0xA0);  // also those above ASCII
    shown += control ? ' ' : text[i];
    if (control && byte == 0xC2) ++i;
  }
  return shown;
}

std::string question_of(const Example& example) {
  for (auto message = example.messages.rbegin(); message != example.messages.rend(); ++message)
    if (message->role == "user") return message->content;
  return "";
}

}  // namespace pmtune::cli
