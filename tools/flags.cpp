#include "flags.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <pmtune/error.hpp>

namespace pmtune::cli {
namespace {

// Beyond this a limit says only that there is none.
constexpr double endless = 9e18;

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

std::string range_text(const Field& field) {
  const bool low = std::isfinite(field.least);
  const bool high = std::isfinite(field.most) && field.most < endless;
  if (low && high && field.least_excluded)
    return "above " + number_text(field.least) + ", up to " + number_text(field.most);
  if (low && high) return number_text(field.least) + " to " + number_text(field.most);
  if (low) return (field.least_excluded ? "above " : "at least ") + number_text(field.least);
  return high ? "at most " + number_text(field.most) : "";
}

bool in_range(const Field& field, double value) {
  const bool high_enough = field.least_excluded ? value > field.least : value >= field.least;
  return std::isfinite(value) && high_enough && value <= field.most;
}

std::vector<std::string> choices_of(const Field& field) {
  std::vector<std::string> list;
  std::string_view rest = field.choices;
  while (!rest.empty()) {
    list.emplace_back(rest.substr(0, rest.find('|')));
    rest.remove_prefix(std::min(rest.size(), list.back().size() + 1));
  }
  return list;
}

}  // namespace

std::string flag_name(const Field& field) {
  std::string name = std::string("--") + field.name;
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string help_text(const Field& field, const std::string& usual) {
  std::string more = range_text(field);
  if (!more.empty() && *field.unit) more += std::string(" ") + field.unit;
  if (!usual.empty()) more += (more.empty() ? "" : "; ") + ("default " + usual);
  return more.empty() ? field.doc : std::string(field.doc) + " (" + more + ")";
}

CLI::Validator range_check(const Field& field) {
  return CLI::Validator(
      [field](const std::string& text) -> std::string {
        char* end = nullptr;
        const double value = std::strtod(text.c_str(), &end);
        if (text.empty() || *end != '\0') return "takes a number, not \"" + text + "\"";
        if (!in_range(field, value)) return "must be " + range_text(field) + ", not " + text;
        return "";
      },
      "");
}

CLI::Validator choice_check(const Field& field) {
  return CLI::Validator(
      [field](const std::string& text) -> std::string {
        const std::vector<std::string> known = choices_of(field);
        if (known.empty() || std::find(known.begin(), known.end(), text) != known.end()) return "";
        return std::string("must be one of ") + field.choices + ", not \"" + text + "\"";
      },
      "");
}

std::string default_text(bool value) { return value ? "yes" : "no"; }
std::string default_text(std::int64_t value) { return std::to_string(value); }
std::string default_text(std::uint64_t value) { return std::to_string(value); }
std::string default_text(double value) { return number_text(value); }
std::string default_text(const std::string& value) { return value; }

std::string default_text(const std::vector<std::string>& value) {
  std::string text;
  for (const std::string& item : value) text += (text.empty() ? "" : ",") + item;
  return text;
}

std::string default_text(ByteSize value) { return value.bytes == 0 ? "0" : to_string(value); }

CLI::Option* add_flag(CLI::App& app, const Field& field, bool& value) {
  const std::string name = flag_name(field);
  return app.add_flag(name + ",!--no-" + name.substr(2), value);
}

CLI::Option* add_flag(CLI::App& app, const Field& field, std::int64_t& value) {
  return app.add_option(flag_name(field), value)->type_name("NUMBER")->check(range_check(field));
}

CLI::Option* add_flag(CLI::App& app, const Field& field, std::uint64_t& value) {
  return app.add_option(flag_name(field), value)->type_name("NUMBER")->check(range_check(field));
}

CLI::Option* add_flag(CLI::App& app, const Field& field, double& value) {
  return app.add_option(flag_name(field), value)->type_name("NUMBER")->check(range_check(field));
}

CLI::Option* add_flag(CLI::App& app, const Field& field, std::string& value) {
  return app.add_option(flag_name(field), value)
      ->type_name(*field.choices ? field.choices : "TEXT")
      ->check(choice_check(field));
}

CLI::Option* add_flag(CLI::App& app, const Field& field, std::vector<std::string>& value) {
  // One text a flag, so that what follows is not swallowed; names of layers may also be joined by commas.
  CLI::Option* option = app.add_option(flag_name(field), value)->type_name("TEXT")->allow_extra_args(false);
  return std::string_view(field.name) == "target_modules" ? option->delimiter(',') : option;
}

CLI::Option* add_flag(CLI::App& app, const Field& field, ByteSize& value) {
  const auto read = [&value, field](const std::string& text) {
    try {
      value = ByteSize(text);
    } catch (const Error& error) {
      throw CLI::ValidationError(flag_name(field), error.what());
    }
  };
  return app.add_option_function<std::string>(flag_name(field), read)->type_name("SIZE");
}

}  // namespace pmtune::cli
