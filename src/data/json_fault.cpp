#include "data/json_fault.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "data/personal_data.hpp"
#include "data/problems.hpp"
#include "data/wording.hpp"

namespace pmtune::data {
namespace {

using namespace std::string_view_literals;

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// What stands around the fault, personal data masked. It is looked for in a wider stretch than is shown, so that an
// address is not missed because only half of it lies inside.
std::string excerpt(std::string_view text, std::size_t at) {
  const std::string_view wide_before = last_characters(text.substr(0, at), 100);
  const std::string wide = concat(wide_before, first_characters(text.substr(at), 100));
  std::size_t begin = wide_before.size() - last_characters(wide_before, 20).size();
  const std::size_t end =
      wide_before.size() + first_characters(std::string_view(wide).substr(wide_before.size()), 20).size();
  std::string shown;
  for (const PersonalData& found : find_personal_data(wide)) {
    if (found.at + found.size <= begin || found.at >= end) continue;
    if (found.at > begin) shown.append(wide, begin, found.at - begin);
    shown += masked(found, wide);
    begin = found.at + found.size;
  }
  if (begin < end) shown.append(wide, begin, end - begin);
  return one_line(shown);
}

// The mistakes that people make again and again, and their cure.
std::string cure(std::string_view text, const JsonFault& fault) {
  const std::string_view at_fault = text.substr(std::min(fault.byte, text.size()));
  if (text.find_first_of("{[") == std::string_view::npos) return concat("Write it like ", chat_shape(), ".");
  if (at_fault.starts_with("\xE2\x80\x9C"sv) || at_fault.starts_with("\xE2\x80\x9D"sv) ||
      at_fault.starts_with("\xE2\x80\x9E"sv))
    return "Replace the curly quotes by straight ones: \".";
  if (at_fault.starts_with("'")) return "Put keys and texts in double quotes \" instead of single ones '.";
  const std::size_t comma = text.find_last_not_of(" \t\r\n");
  if (text[comma] == ',' && fault.byte >= comma) return "Remove the comma at the end of the line.";
  return "Correct it there, or remove the line.";
}

}  // namespace

Problem json_problem(const Record& record, const JsonFault& fault) {
  const std::string_view text = record.text;
  const std::size_t byte = std::min(fault.byte, text.size());
  const std::size_t column = fault.column + (fault.line == 1 ? count_characters(record.before) : 0);
  const auto line = record.line + static_cast<std::int64_t>(fault.line) - 1;
  return error_at(
      line, "invalid_json",
      concat("It cannot be read at column ", column, ", near “", excerpt(text, byte), "”: ", fault.reason, "."),
      cure(text, fault));
}

}  // namespace pmtune::data
