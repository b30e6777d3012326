#include "grammar/keywords.hpp"

#include <algorithm>
#include <array>

#include "base/fail.hpp"
#include "grammar/refusal.hpp"
#include "text/shown.hpp"

namespace pmtune::grammar {
namespace {

constexpr std::string_view annotations[] = {
    "title",        "description", "default",  "examples",      "example",          "$schema",
    "$id",          "id",          "$comment", "$defs",         "definitions",      "deprecated",
    "readOnly",     "writeOnly",   "$anchor",  "discriminator", "contentMediaType", "contentEncoding",
    "contentSchema"};

// What a keyword's value must be.
enum class Form { anything, schema, schemas, schema_map, count, number, text, texts, list, types };

struct Keyword {
  std::string_view name;
  std::string_view type;  // that it speaks of; empty for all
  Form form;
};
constexpr Keyword keywords[] = {
    {"$ref", "", Form::text},
    {"allOf", "", Form::schemas},
    {"anyOf", "", Form::schemas},
    {"oneOf", "", Form::schemas},
    {"type", "", Form::types},
    {"enum", "", Form::list},
    {"properties", "object", Form::schema_map},
    {"required", "object", Form::texts},
    {"additionalProperties", "object", Form::schema},
    {"unevaluatedProperties", "object", Form::schema},
    {"minProperties", "object", Form::count},
    {"maxProperties", "object", Form::count},
    {"items", "array", Form::anything},
    {"prefixItems", "array", Form::schemas},
    {"additionalItems", "array", Form::schema},
    {"minItems", "array", Form::count},
    {"maxItems", "array", Form::count},
    {"minLength", "string", Form::count},
    {"maxLength", "string", Form::count},
    {"pattern", "string", Form::text},
    {"format", "", Form::text},
    {"minimum", "number", Form::number},
    {"maximum", "number", Form::number},
    {"exclusiveMinimum", "number", Form::number},
    {"exclusiveMaximum", "number", Form::number},
};
constexpr std::array<std::string_view, 6> all_types = {"object", "array", "string", "number", "boolean", "null"};

bool is_schema(const Json& value) { return value.is_object() || value.is_boolean(); }
bool is_count(const Json& value) {
  return value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0) ||
         (value.is_number_float() && value.get<double>() >= 0 && value.get<double>() < 1e15 &&
          value.get<double>() == static_cast<double>(static_cast<std::int64_t>(value.get<double>())));
}
bool has_form(const Json& value, Form form) {
  const auto all = [&](auto test) { return std::all_of(value.begin(), value.end(), test); };
  const auto is_text = [](const Json& item) { return item.is_string(); };
  switch (form) {
    case Form::anything: return true;
    case Form::schema: return is_schema(value);
    case Form::schemas: return value.is_array() && !value.empty() && all(is_schema);
    case Form::schema_map: return value.is_object() && all(is_schema);
    case Form::count: return is_count(value);
    case Form::number: return value.is_number();
    case Form::text: return value.is_string();
    case Form::texts: return value.is_array() && all(is_text);
    case Form::list: return value.is_array();
    case Form::types: return value.is_string() || (value.is_array() && all(is_text));
  }
  return false;
}

std::string_view words(Form form) {
  switch (form) {
    case Form::schema: return "must be a schema";
    case Form::schemas: return "must be a list of schemas that is not empty";
    case Form::schema_map: return "must be an object of schemas";
    case Form::count: return "must be a whole number of at least 0";
    case Form::number: return "must be a number";
    case Form::text: return "must be a string";
    case Form::texts: return "must be a list of strings";
    case Form::list: return "must be a list";
    default: return "must be a string or a list of strings";
  }
}

const Keyword* find(std::string_view name) {
  const auto found =
      std::find_if(std::begin(keywords), std::end(keywords), [&](const Keyword& k) { return k.name == name; });
  return found == std::end(keywords) ? nullptr : found;
}

bool restricts_nothing(std::string_view keyword, const Json& value) {
  return (keyword == "uniqueItems" && value == false) || (keyword == "nullable" && value == false) ||
         (keyword == "minContains" && value == 0);
}

void check(std::string_view name, const Json& value) {
  const Keyword* known = find(name);
  if (known == nullptr)
    throw Refusal{Code::unsupported,
                  concat("uses \"", text::shown(name),
                         "\", which cannot be enforced while an answer is written; leave it out and "
                         "check the finished answer for it")};
  if (!has_form(value, known->form))
    throw Refusal{Code::invalid_argument, concat("has a \"", name, "\" that ", words(known->form), "; correct it")};
}

void add(std::vector<std::string>& types, std::string_view type) {
  if (std::find(types.begin(), types.end(), type) == types.end()) types.emplace_back(type);
}

}  // namespace

bool is_annotation(std::string_view keyword) {
  return keyword.starts_with("x-") ||
         std::find(std::begin(annotations), std::end(annotations), keyword) != std::end(annotations);
}

Json without_annotations(const Json& schema) {
  Json result = Json::object();
  for (const auto& [name, value] : schema.items()) {
    if (is_annotation(name) || restricts_nothing(name, value) || name == "const") continue;
    check(name, value);
    result[name] = value;
  }
  if (!schema.contains("const")) return result;
  const Json& value = schema["const"];
  const bool in_enum = !result.contains("enum") ||
                       std::find(result["enum"].begin(), result["enum"].end(), value) != result["enum"].end();
  result["enum"] = in_enum ? Json::array({value}) : Json::array();
  return result;
}

std::vector<std::string> types_of(const Json& schema) {
  std::vector<std::string> types;
  if (schema.contains("type")) {
    const Json& named = schema["type"];
    for (const Json& name : named.is_array() ? named : Json::array({named})) {
      const auto& text = name.get_ref<const std::string&>();
      if (text != "integer" && std::find(all_types.begin(), all_types.end(), text) == all_types.end())
        throw Refusal{Code::invalid_argument,
                      concat("has the type \"", text::shown(text),
                             "\", which JSON Schema does not know; choose object, array, string, number, integer, "
                             "boolean or null")};
      add(types, text);
    }
    if (std::find(types.begin(), types.end(), "number") != types.end()) std::erase(types, "integer");
    return types;
  }
  for (const auto& [name, value] : schema.items()) {
    const Keyword* keyword = find(name);
    if (keyword != nullptr && !keyword->type.empty()) add(types, keyword->type);
    if (name == "format") add(types, "string");
  }
  if (types.empty()) types.assign(all_types.begin(), all_types.end());
  return types;
}

}  // namespace pmtune::grammar
