#include "help.hpp"

#include <sstream>

namespace pmtune::cli {
namespace {

constexpr std::size_t text_column = 30;
constexpr std::size_t line_end = 100;

// "--keep-best, --no-keep-best", "--epochs NUMBER", "FILE"
std::string title_of(const CLI::Option* option, bool is_positional) {
  if (is_positional) return option->get_name(true);
  std::string title;
  std::istringstream names(option->get_name(false, true));
  for (std::string name; std::getline(names, name, ',');)
    title += (title.empty() ? "" : ", ") + name.substr(0, name.find('{'));  // the parser marks negations with {false}
  return option->get_type_size() == 0 ? title : title + " " + option->get_type_name();
}

std::string paragraph(const std::string& title, const std::string& text) {
  std::string out = "  " + title;
  std::size_t column = out.size();
  const auto new_line = [&] {
    out += "\n" + std::string(text_column, ' ');
    column = text_column;
  };
  if (column + 2 > text_column) {
    new_line();
  } else {
    out += std::string(text_column - column, ' ');
    column = text_column;
  }
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (column > text_column && column + 1 + word.size() > line_end) new_line();
    if (column > text_column) out += ' ', ++column;
    out += word;
    column += word.size();
  }
  return out + "\n";
}

}  // namespace

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  return paragraph(title_of(option, is_positional), option->get_description());
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return paragraph(command->get_name(), command->get_description());
}

}  // namespace pmtune::cli
