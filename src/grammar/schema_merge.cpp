#include "grammar/schema_merge.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "base/fail.hpp"
#include "grammar/decimal.hpp"
#include "grammar/refusal.hpp"

namespace pmtune::grammar {
namespace {

Json both(const Json& a, const Json& b) {
  if (a == b || b == true || a == false) return a;
  if (a == true || b == false) return b;
  return {{"allOf", Json::array({a, b})}};
}

Json as_list(const Json& value) { return value.is_array() ? value : Json::array({value}); }

bool holds(const Json& list, const Json& value) { return std::find(list.begin(), list.end(), value) != list.end(); }

Json common_types(const Json& a, const Json& b) {
  const Json in_a = as_list(a);
  const Json in_b = as_list(b);
  const auto allows = [](const Json& list, const Json& type) {
    return holds(list, type) || (type == "integer" && holds(list, "number"));
  };
  Json result = Json::array();
  for (const Json& type : in_a)
    if (allows(in_b, type)) result.push_back(type);
  for (const Json& type : in_b)
    if (allows(in_a, type) && !holds(result, type)) result.push_back(type);
  return result;
}

Json common_values(const Json& a, const Json& b) {
  std::unordered_set<std::string> in_b;
  for (const Json& value : b) in_b.insert(value.dump());
  Json result = Json::array();
  for (const Json& value : a)
    if (in_b.count(value.dump()) != 0) result.push_back(value);
  return result;
}

Json all_names(const Json& a, const Json& b) {
  Json result = a;
  std::unordered_set<std::string> known;
  for (const Json& name : a) known.insert(name.get<std::string>());
  for (const Json& name : b)
    if (known.insert(name.get<std::string>()).second) result.push_back(name);
  return result;
}

bool one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The value of a keyword that stands in both.
Json combined(const std::string& name, const Json& a, const Json& b) {
  if (a == b) return a;
  if (name == "type") return common_types(a, b);
  if (name == "enum") return common_values(a, b);
  if (name == "required") return all_names(a, b);
  if (one_of(name, {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}))
    return compare(Decimal::of(a), Decimal::of(b)) < 0 ? b : a;
  if (one_of(name, {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}))
    return compare(Decimal::of(a), Decimal::of(b)) < 0 ? a : b;
  if (one_of(name, {"items", "additionalProperties", "unevaluatedProperties"}) && !a.is_array() && !b.is_array())
    return both(a, b);
  throw Refusal{Code::unsupported,
                concat("joins (by allOf, or keywords beside $ref or anyOf) two schemas that both have \"", name,
                       "\", which is not supported; write them as one")};
}

// A property that only one schema names must satisfy what the other says of properties that it does not name.
Json merged_properties(const Json& a, const Json& b) {
  const auto properties = [](const Json& schema) { return schema.value("properties", Json(Json::object())); };
  const Json in_a = properties(a);
  const Json in_b = properties(b);
  Json result = Json::object();
  auto& members = result.get_ref<Json::object_t&>();  // appended without looking names up, which takes long
  std::unordered_set<std::string> known;
  for (const auto& [name, schema] : in_a.items()) known.insert(name);
  std::unordered_set<std::string> known_b;
  for (const auto& [name, schema] : in_b.items()) known_b.insert(name);
  const auto others = [](const Json& schema) { return schema.value("additionalProperties", Json(true)); };
  for (const auto& [name, schema] : in_a.items())
    members.emplace_back(name, both(schema, known_b.count(name) != 0 ? in_b[name] : others(b)));
  for (const auto& [name, schema] : in_b.items())
    if (known.count(name) == 0) members.emplace_back(name, both(others(a), schema));
  return result;
}

}  // namespace

Json merged(const Json& a, const Json& b) {
  if (a == false || b == false) return false;
  if (a == true) return b;
  if (b == true) return a;
  Json result = a;
  for (const auto& [name, value] : b.items()) {
    if (name == "properties") continue;
    // Two lists of alternatives fit into one schema under the two names that mean the same here.
    const std::string other = name == "anyOf" ? "oneOf" : "anyOf";
    const bool alternatives = name == "anyOf" || name == "oneOf";
    if (alternatives && result.contains(name) && result[name] != value && !result.contains(other))
      result[other] = value;
    else
      result[name] = result.contains(name) ? combined(name, result[name], value) : value;
  }
  if (a.contains("properties") || b.contains("properties")) result["properties"] = merged_properties(a, b);
  const auto is_empty = [&](const char* name) { return result.contains(name) && result[name].empty(); };
  if (is_empty("type") || is_empty("enum")) return false;
  return result;
}

}  // namespace pmtune::grammar
