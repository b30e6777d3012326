// Command-line flags for an options struct, made from its fields(): learning_rate becomes --learning-rate, with the
// range in the help text and checked while parsing.
//
//   Flags<TrainConfig> flags;
//   flags.add_to(app, "How to train", TrainConfig{});
//   ... after parsing ...
//   flags.apply_to(config);                               // sets what the person wrote, leaves the rest alone
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <pmtune/fields.hpp>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace pmtune::cli {

std::string flag_name(const Field& field);  // "--learning-rate"
// The doc line with range, unit and default; `usual` is the default as text.
std::string help_text(const Field& field, const std::string& usual);
CLI::Validator range_check(const Field& field);
CLI::Validator choice_check(const Field& field);

std::string default_text(bool value);
std::string default_text(std::int64_t value);
std::string default_text(std::uint64_t value);
std::string default_text(double value);
std::string default_text(const std::string& value);
std::string default_text(const std::vector<std::string>& value);
std::string default_text(ByteSize value);

CLI::Option* add_flag(CLI::App& app, const Field& field, bool& value);
CLI::Option* add_flag(CLI::App& app, const Field& field, std::int64_t& value);
CLI::Option* add_flag(CLI::App& app, const Field& field, std::uint64_t& value);
CLI::Option* add_flag(CLI::App& app, const Field& field, double& value);
CLI::Option* add_flag(CLI::App& app, const Field& field, std::string& value);
CLI::Option* add_flag(CLI::App& app, const Field& field, std::vector<std::string>& value);
CLI::Option* add_flag(CLI::App& app, const Field& field, ByteSize& value);

template <class Options>
class Flags {
 public:
  // Must outlive the parsing. leave_out: options that make no sense for this command. varying: options whose default
  // the help does not name, because it depends on something else, with the words to show instead.
  void add_to(CLI::App& app, const std::string& group, const std::set<std::string>& leave_out = {},
              const std::map<std::string, std::string>& varying = {}) {
    fields(values_, [&](const Field& field, auto& value) {
      if (leave_out.count(field.name)) return;
      const auto words = varying.find(field.name);
      CLI::Option* option = add_flag(app, field, value);
      option->description(help_text(field, words == varying.end() ? default_text(value) : words->second))
          ->group(group);
      options_[field.name] = option;
    });
  }

  bool given(const std::string& name) const {
    const auto found = options_.find(name);
    return found != options_.end() && found->second->count() > 0;
  }

  void apply_to(Options& target) const {
    fields(values_, [&](const Field& field, const auto& value) {
      if (given(field.name)) assign(target, field.name, value);
    });
  }

  const Options& values() const { return values_; }

 private:
  template <class Value>
  static void assign(Options& target, std::string_view name, const Value& value) {
    fields(target, [&](const Field& field, auto& member) {
      if constexpr (std::is_same_v<std::decay_t<decltype(member)>, Value>)
        if (name == field.name) member = value;
    });
  }

  Options values_;
  std::map<std::string, CLI::Option*> options_;
};

}  // namespace pmtune::cli
