#include "grammar/formats.hpp"

#include <map>

#include "base/fail.hpp"

namespace pmtune::grammar {
namespace {

// Days as they are in each month of the years 1000 to 2999; 29 February in leap years.
std::string date() {
  const std::string year = "[12][0-9]{3}";
  const std::string leap_year = "([12][0-9](0[48]|[2468][048]|[13579][26])|(1[26]|2[048])00)";
  const std::string day_31 = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])";
  const std::string day_30 = "(0[469]|11)-(0[1-9]|[12][0-9]|30)";
  const std::string day_28 = "02-(0[1-9]|1[0-9]|2[0-8])";
  return concat("(", year, "-(", day_31, "|", day_30, "|", day_28, ")|", leap_year, "-02-29)");
}

// RFC 3339, section 5.6, without leap seconds.
std::string time() {
  const std::string hour_minute = "([01][0-9]|2[0-3]):[0-5][0-9]";
  return concat(hour_minute, ":[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]", hour_minute, ")");
}

// RFC 3339, appendix A.
std::string duration() {
  const std::string n = "[0-9]{1,4}";
  const std::string minutes = concat(n, "M(", n, "S)?");
  const std::string clock = concat("T(", n, "H(", minutes, ")?|", minutes, "|", n, "S)");
  const std::string months = concat(n, "M(", n, "D)?");
  const std::string days = concat("(", n, "Y(", months, ")?|", months, "|", n, "D)");
  return concat("P(", n, "W|", days, "(", clock, ")?|", clock, ")");
}

std::string hostname() {
  const std::string label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
  return concat(label, "(\\.", label, ")*");
}

std::string email() {
  const std::string word = "[A-Za-z0-9_+-]{1,32}";
  return concat(word, "(\\.", word, ")*@", hostname(), "\\.[A-Za-z]{2,24}");
}

std::string ipv4() {
  const std::string byte = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  return concat("(", byte, "\\.){3}", byte);
}

// Eight groups, of which a run of zeros may be written as "::".
std::string ipv6() {
  const std::string group = "[0-9A-Fa-f]{1,4}";
  std::string result = concat("(", group, ":){7}", group, "|(", group, ":){1,7}:|:(:", group, "){1,7}|::");
  for (int behind = 1; behind <= 6; ++behind)
    result += concat("|(", group, ":){1,", 7 - behind, "}(:", group, "){", behind, "}");
  return result;
}

std::string uri() {
  const std::string letter = "([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
  const std::string rest = "([A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*";
  return concat("[A-Za-z][A-Za-z0-9+.-]{0,15}://[A-Za-z0-9._~-]+(:[0-9]{1,5})?(/", letter, "*)*(\\?", rest, ")?(#",
                rest, ")?");
}

std::map<std::string, std::string, std::less<>> make() {
  std::map<std::string, std::string, std::less<>> formats = {
      {"date", date()},
      {"time", time()},
      {"date-time", concat(date(), "T", time())},
      {"duration", duration()},
      {"uuid", "[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"},
      {"email", email()},
      {"hostname", hostname()},
      {"ipv4", ipv4()},
      {"ipv6", ipv6()},
      {"uri", uri()},
  };
  for (auto& [name, pattern] : formats) pattern = concat("^(", pattern, ")$");
  for (const char* use : {"password", "path", "file-path", "directory-path", "binary"}) formats[use] = "";
  return formats;
}

}  // namespace

std::optional<std::string> pattern_of_format(std::string_view format) {
  static const auto formats = make();
  const auto known = formats.find(format);
  if (known == formats.end()) return std::nullopt;
  return known->second;
}

}  // namespace pmtune::grammar
