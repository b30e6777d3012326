#include "base/names.hpp"

#include <algorithm>

#include "base/fail.hpp"

namespace pmtune {
namespace {

constexpr std::size_t longest_name = 100;
constexpr std::size_t most_digits = 15;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_plain(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

void check_characters(const std::string& text, const char* what) {
  if (text.empty()) fail(Code::invalid_argument, "The ", what, " is empty; give one such as PM-Assistant.");
  if (text.size() > longest_name)
    fail(Code::invalid_argument, "The ", what, " is ", text.size(), " characters long; the most is ", longest_name,
         ".");
  const bool right = is_plain(text.front()) && std::all_of(text.begin(), text.end(), [](char c) {
                       return is_plain(c) || c == '.' || c == '_' || c == '-';
                     });
  if (!right)
    fail(Code::invalid_argument, "\"", text, "\" cannot be a ", what,
         "; use letters, digits, '.', '_' and '-', and begin with a letter or digit.");
}

// Splits "NAME-vN", for the letter v; the number has no leading zero. False when the text does not end so.
bool split_number(const std::string& text, char letter, std::string& name, std::int64_t& number) {
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[text.size() - 1 - digits])) ++digits;
  const std::size_t start = text.size() - digits;
  if (digits == 0 || digits > most_digits || start < 3 || text[start - 2] != '-' || text[start - 1] != letter ||
      text[start] == '0')
    return false;
  name = text.substr(0, start - 2);
  number = std::stoll(text.substr(start));
  return true;
}

// Leading zeros and any length count here: "PM-v01" would be as confusing as "PM-v1".
void refuse_number(const std::string& name, char letter, const char* what) {
  const std::size_t last = name.find_last_not_of("0123456789");
  if (last == std::string::npos || last + 1 == name.size() || last < 1 || name[last - 1] != '-' ||
      name[last] != letter)
    return;
  fail(Code::invalid_argument, "The ", what, " \"", name, "\" ends like a version; the registry adds -", letter,
       "1, -", letter, "2, ... itself, so call it \"", name.substr(0, last - 1), "\".");
}

}  // namespace

Reference parse_reference(const std::string& text) {
  Reference reference;
  const std::size_t at = text.find('@');
  if (at != std::string::npos) {
    reference.name = text.substr(0, at);
    reference.alias = text.substr(at + 1);
    if (reference.name.empty() || reference.alias.empty())
      fail(Code::invalid_argument, "\"", text,
           "\" is no reference; write NAME@alias, for example PM-Assistant@primary.");
    return reference;
  }
  if (text.empty()) fail(Code::invalid_argument, "The reference is empty; write NAME-v1, NAME@alias or NAME.");
  if (!split_number(text, 'v', reference.name, reference.number)) reference.name = text;
  return reference;
}

void check_model_name(const std::string& name) {
  check_characters(name, "model name");
  refuse_number(name, 'v', "model name");
}

void check_alias(const std::string& alias) { check_characters(alias, "alias"); }

std::string version_id(const std::string& name, std::int64_t number) { return concat(name, "-v", number); }

Reference parse_data_reference(const std::string& text) {
  if (text.empty()) fail(Code::invalid_argument, "The reference to data is empty; write NAME-d1 or NAME.");
  Reference reference;
  if (!split_number(text, 'd', reference.name, reference.number)) reference.name = text;
  return reference;
}

void check_data_name(const std::string& name) {
  check_characters(name, "data name");
  refuse_number(name, 'd', "data name");
}

std::string data_version_id(const std::string& name, std::int64_t number) { return concat(name, "-d", number); }

}  // namespace pmtune
