#include "base/options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include "base/ascii.hpp"
#include "base/utf8.hpp"

namespace pmtune {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

// to_chars, not printf: the host may have set a locale that writes 0.5 as 0,5.
std::string number_text(double value) {
  char text[32];
  return std::string(text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 10).ptr);
}

std::string range_text(const Field& field) {
  const std::string unit = *field.unit ? concat(" ", field.unit) : "";
  const bool low = std::isfinite(field.least), high = std::isfinite(field.most);
  if (low && high)
    return concat(field.least_excluded ? "above " : "from ", number_text(field.least),
                  field.least_excluded ? " up to " : " to ", number_text(field.most), unit);
  if (low) return concat(field.least_excluded ? "above " : "at least ", number_text(field.least), unit);
  if (high) return concat("at most ", number_text(field.most), unit);
  return "a finite number" + unit;
}

[[noreturn]] void wrong_type(const Field& field, const char* expected, const Json& json) {
  // A host's text may be any bytes; dump() throws for what is not UTF-8 unless told otherwise.
  std::string shown = json.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 60);
  shown.resize(whole_characters(shown));
  fail(Code::invalid_argument, "Option ", field.name, " takes ", expected, ", not ", shown, ".");
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  const std::string wanted = ascii_lower(name);
  std::string best;
  if (wanted.size() > 64) return "";  // no option is that long, and comparing would take its time
  std::size_t best_distance = std::max<std::size_t>(2, wanted.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::string folded = ascii_lower(candidate);
    // Between short names two changes can replace every letter; something must remain alike.
    if (std::max(folded.size(), wanted.size()) <= 2 && folded != wanted) continue;
    const bool contained = wanted.size() >= 3 && folded.find(wanted) != std::string::npos;
    const std::size_t distance = contained ? 1 : edit_distance(wanted, folded);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& known) {
  const std::string nearest = nearest_name(name, known);
  return nearest.empty() ? "" : concat(" Did you mean \"", nearest, "\"?");
}

std::vector<std::string> split_choices(const char* choices) {
  std::vector<std::string> list;
  std::string_view rest = choices;
  while (!rest.empty()) {
    const std::size_t bar = rest.find('|');
    list.emplace_back(rest.substr(0, bar));
    rest = bar == std::string_view::npos ? std::string_view{} : rest.substr(bar + 1);
  }
  return list;
}

void check_value(const Field& field, double value) {
  const bool low_enough = value <= field.most;
  const bool high_enough = field.least_excluded ? value > field.least : value >= field.least;
  if (std::isfinite(value) && low_enough && high_enough) return;
  fail(Code::invalid_argument, "Option ", field.name, " is ", number_text(value), "; it must be ", range_text(field),
       ".");
}

void check_value(const Field& field, const std::string& value) {
  if (!*field.choices) return;
  const std::vector<std::string> known = split_choices(field.choices);
  if (std::find(known.begin(), known.end(), value) != known.end()) return;
  std::string list;
  for (const std::string& choice : known) list += (list.empty() ? "" : ", ") + choice;
  fail(Code::invalid_argument, "Option ", field.name, " is \"", value, "\"; it must be one of: ", list, ".",
       did_you_mean(value, known));
}

void from_json_value(const Field& field, const Json& json, bool& value) {
  if (!json.is_boolean()) wrong_type(field, "true or false", json);
  value = json.get<bool>();
}

void from_json_value(const Field& field, const Json& json, std::int64_t& value) {
  if (json.is_number_integer()) {
    if (json.is_number_unsigned() && json.get<std::uint64_t>() > INT64_MAX)
      wrong_type(field, "a smaller number", json);
    value = json.get<std::int64_t>();
  } else if (json.is_number_float() && json.get<double>() == std::floor(json.get<double>()) &&
             std::abs(json.get<double>()) < 9e15) {
    value = static_cast<std::int64_t>(json.get<double>());
  } else {
    wrong_type(field, "a whole number", json);
  }
}

void from_json_value(const Field& field, const Json& json, std::uint64_t& value) {
  if (json.is_number_unsigned() || (json.is_number_integer() && json.get<std::int64_t>() >= 0))
    value = json.get<std::uint64_t>();
  else
    wrong_type(field, "a whole number of at least 0", json);
}

void from_json_value(const Field& field, const Json& json, double& value) {
  if (!json.is_number()) wrong_type(field, "a number", json);
  value = json.get<double>();
}

void from_json_value(const Field& field, const Json& json, std::string& value) {
  if (!json.is_string()) wrong_type(field, "a text", json);
  value = json.get<std::string>();
}

void from_json_value(const Field& field, const Json& json, std::vector<std::string>& value) {
  std::vector<std::string> list;
  if (json.is_string()) {
    list.push_back(json.get<std::string>());
  } else {
    if (!json.is_array()) wrong_type(field, "a list of texts", json);
    for (const Json& item : json) {
      if (!item.is_string()) wrong_type(field, "a list of texts", json);
      list.push_back(item.get<std::string>());
    }
  }
  value = std::move(list);
}

void from_json_value(const Field& field, const Json& json, ByteSize& value) {
  if (json.is_string()) {
    value = ByteSize(json.get<std::string>());
  } else {
    std::int64_t bytes = 0;
    from_json_value(field, json, bytes);
    value = ByteSize(bytes);
  }
}

ByteSize::ByteSize(const char* text) : ByteSize(std::string(text)) {}

ByteSize::ByteSize(const std::string& text) {
  double amount = 0;
  const char* begin = text.data();
  const char* end = begin + text.size();
  while (begin < end && *begin == ' ') ++begin;
  const auto [after, error] = std::from_chars(begin, end, amount);
  std::string suffix;
  for (const char* at = after; at < end; ++at)
    if (*at != ' ') suffix += *at;
  suffix = ascii_lower(suffix);
  static constexpr std::array<std::pair<const char*, double>, 14> units{{{"", 1},
                                                                         {"b", 1},
                                                                         {"k", 1e3},
                                                                         {"kb", 1e3},
                                                                         {"m", 1e6},
                                                                         {"mb", 1e6},
                                                                         {"g", 1e9},
                                                                         {"gb", 1e9},
                                                                         {"t", 1e12},
                                                                         {"tb", 1e12},
                                                                         {"kib", 1024.0},
                                                                         {"mib", 1048576.0},
                                                                         {"gib", 1073741824.0},
                                                                         {"tib", 1099511627776.0}}};
  for (const auto& [name, factor] : units) {
    if (error != std::errc() || suffix != name || !(amount >= 0) || amount * factor > 9e18) continue;
    bytes = static_cast<std::int64_t>(amount * factor);
    return;
  }
  fail(Code::invalid_argument, "\"", text,
       "\" is not a size; write a number of bytes, or for example 6GB or 512MiB.");
}

std::string to_string(ByteSize size) {
  static constexpr std::array<const char*, 5> units{"B", "kB", "MB", "GB", "TB"};
  double amount = static_cast<double>(size.bytes);
  std::size_t unit = 0;
  while (std::abs(amount) >= 999.5 && unit + 1 < units.size()) {
    amount /= 1000;
    ++unit;
  }
  char text[32];
  const int decimals = unit == 0 || amount >= 99.5 ? 0 : 1;
  const auto end = std::to_chars(text, text + sizeof text, amount, std::chars_format::fixed, decimals).ptr;
  return concat(std::string_view(text, static_cast<std::size_t>(end - text)), " ", units[unit]);
}

}  // namespace pmtune
