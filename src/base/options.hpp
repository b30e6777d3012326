// What all doors do with an options struct, driven by its fields(): check it, write it as JSON, read it from JSON.
#pragma once

#include <cmath>
#include <cstdint>
#include <pmtune/fields.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/fail.hpp"
#include "base/json.hpp"

namespace pmtune {

// The name among `known` that is closest in spelling; empty when nothing is close.
std::string nearest_name(std::string_view name, const std::vector<std::string>& known);
// " Did you mean X?" or "".
std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);

std::vector<std::string> split_choices(const char* choices);  // "a|b" -> {"a", "b"}

// One value against its field; throws invalid_argument naming field, value and range.
void check_value(const Field& field, double value);
void check_value(const Field& field, const std::string& value);

// Conversions of one value; `from` throws invalid_argument naming the field.
template <class Value>
Json to_json_value(const Value& value) {
  if constexpr (std::is_same_v<Value, ByteSize>)
    return value.bytes;
  else
    return value;
}
void from_json_value(const Field& field, const Json& json, bool& value);
void from_json_value(const Field& field, const Json& json, std::int64_t& value);
void from_json_value(const Field& field, const Json& json, std::uint64_t& value);
void from_json_value(const Field& field, const Json& json, double& value);
void from_json_value(const Field& field, const Json& json, std::string& value);
void from_json_value(const Field& field, const Json& json, std::vector<std::string>& value);
void from_json_value(const Field& field, const Json& json, ByteSize& value);

template <class Options>
void validate_options(const Options& options) {
  fields(options, [](const Field& field, const auto& value) {
    using Value = std::decay_t<decltype(value)>;
    if constexpr (std::is_same_v<Value, ByteSize>)
      check_value(field, static_cast<double>(value.bytes));
    else if constexpr (std::is_same_v<Value, std::string>)
      check_value(field, value);
    else if constexpr (std::is_arithmetic_v<Value> && !std::is_same_v<Value, bool>)
      check_value(field, static_cast<double>(value));
  });
}

template <class Options>
Json options_to_json(const Options& options) {
  Json json = Json::object();
  fields(options, [&](const Field& field, const auto& value) { json[field.name] = to_json_value(value); });
  return json;
}

template <class Options>
std::vector<std::string> option_names() {
  std::vector<std::string> names;
  fields(Options{}, [&](const Field& field, const auto&) { names.emplace_back(field.name); });
  return names;
}

// Sets the option of that name; throws invalid_argument for an unknown name (with the nearest right one) or a bad
// value.
template <class Options>
void set_option(Options& options, std::string_view name, const Json& json) {
  bool found = false;
  fields(options, [&](const Field& field, auto& value) {
    if (name != field.name) return;
    found = true;
    from_json_value(field, json, value);
  });
  if (!found)
    fail(Code::invalid_argument, "There is no option \"", name, "\".", did_you_mean(name, option_names<Options>()));
}

template <class Options>
void options_from_json(Options& options, const Json& json, std::string_view what) {
  if (!json.is_object()) fail(Code::invalid_argument, what, " must be a JSON object of options.");
  for (const auto& [name, value] : json.items()) set_option(options, name, value);
}

}  // namespace pmtune
