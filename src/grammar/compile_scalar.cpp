// Strings, numbers, and values that are listed.
#include <algorithm>
#include <optional>

#include "base/fail.hpp"
#include "grammar/formats.hpp"
#include "grammar/json_text.hpp"
#include "grammar/keywords.hpp"
#include "grammar/limits.hpp"
#include "grammar/number_ranges.hpp"
#include "grammar/pattern.hpp"
#include "grammar/schema_compiler.hpp"
#include "text/shown.hpp"

namespace pmtune::grammar {
namespace {

// Texts of least to most characters, spelt out: where they are also told by a pattern.
Dfa texts_of_length(std::uint32_t least, std::uint32_t most, Budget& budget) {
  if (least > max_counted_pattern || (most != unlimited && most > max_counted_pattern))
    throw Refusal{Code::unsupported, concat("has a minLength or maxLength above ", max_counted_pattern,
                                            " beside a pattern or format; leave one of them out")};
  Nfa nfa;
  Nfa::State at = nfa.add();
  const Nfa::State behind = nfa.add();
  nfa.byte(Nfa::start, '"', at);
  const std::uint32_t last = most == unlimited ? least : most;
  for (std::uint32_t i = 0; i <= last; ++i) {
    if (i >= least) nfa.empty(at, behind);
    if (i == last) break;
    const Nfa::State next = nfa.add();
    any_character(nfa, at, Escapes::needed, next);
    at = next;
  }
  if (most == unlimited) any_character(nfa, at, Escapes::needed, at);
  nfa.byte(behind, '"', Nfa::final);
  return Dfa::of(nfa, budget);
}

std::string format_pattern(const Json& schema) {
  if (!schema.contains("format")) return {};
  const auto& name = schema["format"].get_ref<const std::string&>();
  const auto pattern = pattern_of_format(name);
  if (!pattern)
    throw Refusal{Code::unsupported,
                  concat("has the format \"", text::shown(name),
                         "\", which is not supported for strings; write it as a pattern, or leave it out")};
  return *pattern;
}

// Bounds that a number's format gives; false for an unknown one.
bool apply_format(const std::string& name, bool whole, Bounds& bounds) {
  const auto tighten = [&](const Json& low, const Json& high) {
    const Decimal lowest = Decimal::of(low);
    const Decimal highest = Decimal::of(high);
    if (!bounds.low || compare(bounds.low->value, lowest) < 0) bounds.low = Bound{lowest, false};
    if (!bounds.high || compare(bounds.high->value, highest) > 0) bounds.high = Bound{highest, false};
    return true;
  };
  if (!whole) return name == "float" || name == "double";
  if (name == "int32") return tighten(INT32_MIN, INT32_MAX);
  if (name == "int64") return tighten(INT64_MIN, INT64_MAX);
  return false;
}

// The tighter of a bound and its strict form.
std::optional<Bound> bound_of(const Json& schema, const char* inclusive, const char* strict, int direction) {
  std::optional<Bound> result;
  if (schema.contains(inclusive)) result = Bound{Decimal::of(schema[inclusive]), false};
  if (!schema.contains(strict)) return result;
  const Bound other{Decimal::of(schema[strict]), true};
  return !result || compare(other.value, result->value) * direction >= 0 ? other : result;
}

}  // namespace

RuleId SchemaCompiler::text(const Json& schema) {
  const std::uint32_t least = count_of(schema, "minLength", 0);
  const std::uint32_t most = count_of(schema, "maxLength", unlimited);
  check_counts(least, most, "minLength", "maxLength");
  std::vector<std::string> patterns;
  if (schema.contains("pattern")) patterns.push_back(schema["pattern"].get<std::string>());
  if (std::string format = format_pattern(schema); !format.empty()) patterns.push_back(std::move(format));
  if (patterns.empty()) return rules_.counted(standard_lexemes().text, least, most);

  if (++patterns_ > max_patterns)
    throw Refusal{Code::unsupported, concat("is the place where more than ", max_patterns,
                                            " different patterns and formats are used; leave some out")};
  if (auto counted = patterns.size() == 1 ? counted_texts(patterns[0], budget_) : std::nullopt) {
    const std::uint32_t shortest = std::max(least, counted->least);
    const std::uint32_t longest = std::min(most, counted->most);
    check_counts(shortest, longest, "the least length", "the greatest");
    const auto lexeme = std::make_shared<const Dfa>(std::move(counted->texts));
    return rules_.counted(lexeme, shortest, longest);
  }
  Dfa dfa = matching_texts(patterns[0], budget_);
  if (patterns.size() == 2) dfa = Dfa::both(dfa, matching_texts(patterns[1], budget_), budget_);
  if (least != 0 || most != unlimited) dfa = Dfa::both(dfa, texts_of_length(least, most, budget_), budget_);
  return own(std::move(dfa));
}

RuleId SchemaCompiler::number(const Json& schema, bool whole) {
  Bounds bounds{bound_of(schema, "minimum", "exclusiveMinimum", 1),
                bound_of(schema, "maximum", "exclusiveMaximum", -1)};
  if (schema.contains("format")) {
    const auto& name = schema["format"].get_ref<const std::string&>();
    const bool for_text_too = pattern_of_format(name).has_value();
    if (!apply_format(name, whole, bounds) && !for_text_too)
      throw Refusal{Code::unsupported,
                    concat("has the format \"", text::shown(name),
                           "\", which is not supported for numbers; use minimum and maximum, or leave it out")};
  }
  if (!bounds.any()) return standard(whole ? standard_lexemes().integer : standard_lexemes().number);
  if (bounds.low && bounds.high && compare(bounds.low->value, bounds.high->value) > 0)
    throw Refusal{Code::invalid_argument, "contradicts itself: its minimum is above its maximum; change one of them"};
  return own(whole ? integers(bounds, budget_) : numbers(bounds, budget_));
}

namespace {

std::string type_of(const Json& value) {
  if (value.is_object()) return "object";
  if (value.is_array()) return "array";
  if (value.is_string()) return "string";
  if (value.is_number_integer()) return "integer";
  if (value.is_number()) return "number";
  return value.is_boolean() ? "boolean" : "null";
}

// The schema of exactly this object or array.
Json schema_of_value(const Json& value) {
  const auto same = [](const Json& part) { return Json{{"enum", Json::array({part})}}; };
  Json schema = {{"type", type_of(value)}};
  if (value.is_array()) {
    Json items = Json::array();
    for (const Json& item : value) items.push_back(same(item));
    if (!items.empty()) schema["prefixItems"] = items;
    schema["items"] = false;
    schema["minItems"] = value.size();
    return schema;
  }
  Json properties = Json::object();
  Json names = Json::array();
  for (const auto& [name, part] : value.items()) {
    properties.get_ref<Json::object_t&>().emplace_back(name, same(part));
    names.push_back(name);
  }
  schema["properties"] = properties;
  schema["required"] = names;
  schema["additionalProperties"] = false;
  return schema;
}

}  // namespace

std::vector<RuleId> SchemaCompiler::values(const Json& schema, const Place& place) {
  for (const auto& [name, value] : schema.items())
    if (name != "enum" && name != "type")
      throw Refusal{Code::unsupported,
                    concat("has \"", name,
                           "\" beside enum or const, which is not supported; list only the values that satisfy it")};
  const std::vector<std::string> types = types_of(schema);
  const auto has_type = [&](const Json& value) {
    const std::string type = type_of(value);
    const auto named = [&](const char* name) { return std::find(types.begin(), types.end(), name) != types.end(); };
    return named(type.c_str()) || (type == "integer" && named("number"));
  };
  std::vector<RuleId> result;
  Nfa nfa;
  bool scalars = false;
  for (const Json& value : schema["enum"]) {
    if (!has_type(value)) continue;
    if (value.is_structured()) {
      result.push_back(rule_of(schema_of_value(value), place.pointer));
      continue;
    }
    scalars = true;
    if (!value.is_string()) {
      nfa.text(Nfa::start, value.dump(), Nfa::final);
      continue;
    }
    const Nfa::State inside = nfa.add();
    const Nfa::State behind = nfa.add();
    nfa.byte(Nfa::start, '"', inside);
    characters(nfa, inside, value.get_ref<const std::string&>(), behind);
    nfa.byte(behind, '"', Nfa::final);
  }
  if (scalars) result.push_back(own(Dfa::of(nfa, budget_)));
  if (result.empty())
    throw Refusal{Code::invalid_argument,
                  "contradicts itself: no value of its enum or const is left; correct the list or the type"};
  return result;
}

}  // namespace pmtune::grammar
