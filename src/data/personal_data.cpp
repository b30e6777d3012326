#include "data/personal_data.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/fail.hpp"

namespace pmtune::data {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_digit(c) || is_letter(c) || c == '_'; }
bool is_mail_name(char c) { return is_word(c) || c == '.' || c == '+' || c == '-' || c == '%'; }
bool is_host_name(char c) { return is_digit(c) || is_letter(c) || c == '.' || c == '-'; }

bool ends_with_name(std::string_view host, std::string_view name) {
  if (host.size() < name.size()) return false;
  const std::string_view end = host.substr(host.size() - name.size());
  const bool same =
      std::equal(end.begin(), end.end(), name.begin(), [](char a, char b) { return (a | 0x20) == (b | 0x20); });
  return same && (host.size() == name.size() || host[host.size() - name.size() - 1] == '.');
}

// RFC 2606 and RFC 6761: names that never belong to anybody.
bool reserved_for_examples(std::string_view host) {
  for (const char* name : {"example.com", "example.org", "example.net", "example", "test", "invalid", "localhost"})
    if (ends_with_name(host, name)) return true;
  return false;
}

// `at` is an @ sign.
std::optional<PersonalData> mail_around(std::string_view text, std::size_t at, std::size_t not_before) {
  std::size_t begin = at;
  while (begin > not_before && is_mail_name(text[begin - 1])) --begin;
  std::size_t end = at + 1;
  while (end < text.size() && is_host_name(text[end])) ++end;
  while (end > at + 1 && !is_letter(text[end - 1]) && !is_digit(text[end - 1])) --end;
  const std::string_view host = text.substr(at + 1, end - at - 1);
  const std::size_t dot = host.rfind('.');
  if (begin == at || dot == std::string_view::npos || dot == 0) return std::nullopt;
  const std::string_view last = host.substr(dot + 1);
  if (last.size() < 2 || !std::all_of(last.begin(), last.end(), is_letter)) return std::nullopt;
  if (reserved_for_examples(host)) return std::nullopt;
  return PersonalData{"an e-mail address", begin, end - begin};
}

// A run of digits with single separators between groups, as people write numbers.
struct Number {
  std::string digits;
  std::vector<std::size_t> groups;  // digits in each
  std::string separators;           // one between each pair of groups
  bool plus = false;
  bool bracket = false;  // (415) ...
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool is_separator(char c) { return c == ' ' || c == '-' || c == '.' || c == '/'; }

Number number_at(std::string_view text, std::size_t begin) {
  Number number;
  number.begin = begin;
  std::size_t at = begin;
  if (text[at] == '+') number.plus = true, ++at;
  if (at < text.size() && text[at] == '(') number.bracket = true, ++at;
  while (at < text.size() && is_digit(text[at]) && number.digits.size() < 24) {
    std::size_t size = 0;
    for (; at < text.size() && is_digit(text[at]) && number.digits.size() < 24; ++at, ++size)
      number.digits += text[at];
    number.groups.push_back(size);
    number.end = at;
    // Between groups: one separator, or brackets around the area code with at most one space.
    char separator = 0;
    std::size_t next = at;
    if (next < text.size() && text[next] == ')') separator = ')', ++next;
    if (next < text.size() && is_separator(text[next])) separator = separator ? separator : text[next], ++next;
    if (next < text.size() && text[next] == '(' && number.plus) ++next;
    if (!separator || next >= text.size() || !is_digit(text[next])) break;
    number.separators += separator;
    at = next;
  }
  return number;
}

bool passes_luhn(const std::string& digits) {
  int sum = 0;
  bool doubled = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, doubled = !doubled) {
    const int value = (*digit - '0') * (doubled ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

bool is_card(const Number& number) {
  if (number.plus || number.bracket || number.digits.size() < 13 || number.digits.size() > 19) return false;
  if (number.digits[0] < '2' || number.digits[0] > '6') return false;  // payment networks; not timestamps, not ISBNs
  for (char separator : number.separators)
    if (separator != ' ' && separator != '-') return false;
  if (number.groups.size() > 1 && *std::min_element(number.groups.begin(), number.groups.end()) < 3) return false;
  return passes_luhn(number.digits);
}

bool is_phone(const Number& number) {
  const std::size_t count = number.digits.size();
  if (number.plus) return count >= 9 && count <= 15;
  const std::vector<std::size_t>& groups = number.groups;
  const bool american =
      groups == std::vector<std::size_t>{3, 3, 4} && number.separators != "  " && number.separators != "..";
  const bool national = number.digits[0] == '0' && groups.size() == 2 && groups[0] >= 3 && groups[0] <= 5 &&
                        groups[1] >= 6 && groups[1] <= 9 && number.separators != ".";
  return american || national;
}

bool starts_number(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (!is_digit(c) && c != '+' && c != '(') return false;
  if (at == 0) return true;
  const char before = text[at - 1];
  return !is_word(before) && before != '.' && before != '-' && before != '/' && before != '+' && before != '(' &&
         before != '#' && before != '$';
}

// Most bytes of most texts are passed over at once.
constexpr std::array<bool, 256> may_start = [] {
  std::array<bool, 256> may{};
  for (const char c : std::string_view("@+(0123456789")) may[static_cast<unsigned char>(c)] = true;
  return may;
}();

}  // namespace

std::vector<PersonalData> find_personal_data(std::string_view text) {
  std::vector<PersonalData> found;
  std::size_t done = 0;  // findings end here
  const auto keep = [&](const PersonalData& item) {
    found.push_back(item);
    done = item.at + item.size;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!may_start[static_cast<unsigned char>(text[at])] || at < done) continue;
    if (text[at] == '@') {
      if (const auto mail = mail_around(text, at, done)) keep(*mail);
    } else if (starts_number(text, at)) {
      const Number number = number_at(text, at);
      if (number.digits.size() < 9) continue;
      if (number.end < text.size() && is_word(text[number.end])) continue;
      if (is_card(number))
        keep({"a card number", at, number.end - at});
      else if (is_phone(number))
        keep({"a phone number", at, number.end - at});
    }
  }
  return found;
}

std::string masked(const PersonalData& found, std::string_view text) {
  const std::string_view secret = text.substr(found.at, found.size);
  const std::size_t at_sign = secret.find('@');
  if (at_sign != std::string_view::npos) return concat(secret[0], "***@***", secret.substr(secret.rfind('.')));
  if (std::string_view(found.kind) == "a card number") return concat("***", secret.substr(secret.size() - 4));
  return concat(secret.substr(0, 3), "***");
}

std::string mask_personal_data(std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  for (const PersonalData& found : find_personal_data(text)) {
    out.append(text.substr(copied, found.at - copied)).append(masked(found, text));
    copied = found.at + found.size;
  }
  return out.append(text.substr(copied));
}

}  // namespace pmtune::data
