#include <algorithm>
#include <unordered_set>

#include "base/fail.hpp"
#include "grammar/json_text.hpp"
#include "grammar/limits.hpp"
#include "grammar/schema_compiler.hpp"

namespace pmtune::grammar {
namespace {

// What properties that are not named must be. Where the schema does not say and names some, there are no others: a
// model that may invent properties does.
Json others_of(const Json& schema) {
  if (schema.contains("additionalProperties")) return schema["additionalProperties"];
  if (schema.contains("unevaluatedProperties")) return schema["unevaluatedProperties"];
  return !schema.contains("properties") && !schema.contains("required");
}

}  // namespace

std::vector<SchemaCompiler::Property> SchemaCompiler::properties(const Json& schema, const Place& place) {
  std::vector<Property> result;
  std::unordered_set<std::string> required;
  const Json names = schema.value("required", Json(Json::array()));
  for (const Json& name : names) required.insert(name.get<std::string>());
  const Json named = schema.value("properties", Json(Json::object()));
  std::unordered_set<std::string> known;
  for (const auto& [name, value] : named.items()) {
    known.insert(name);
    result.push_back({name, rule_of(value, place.at("properties").at(name).pointer), required.count(name) != 0});
  }
  for (const Json& text : names) {
    const auto& name = text.get_ref<const std::string&>();
    if (!known.insert(name).second) continue;
    const Json value = schema.value("additionalProperties", Json(true));
    if (value == false)
      throw Refusal{Code::invalid_argument, concat("requires the property \"", name.substr(0, 60),
                                                   "\", which it neither names nor allows; add it to properties")};
    result.push_back({name, rule_of(value, place.at("required").pointer), true});
  }
  return result;
}

RuleId SchemaCompiler::key(const std::string& name) {
  if (const auto known = keys_.find(name); known != keys_.end()) return known->second;
  Nfa nfa;
  const Nfa::State inside = nfa.add();
  const Nfa::State behind = nfa.add();
  nfa.byte(Nfa::start, '"', inside);
  characters(nfa, inside, name, behind);
  nfa.byte(behind, '"', Nfa::final);
  return keys_[name] = own(Dfa::of(nfa, budget_));
}

// Any key but those that are named: they would stand there a second time, with values of another schema.
RuleId SchemaCompiler::other_key(const std::vector<Property>& named) {
  if (named.empty()) return standard(standard_lexemes().text);
  Nfa any;
  const Nfa::State within = any.add();
  any.byte(Nfa::start, '"', within);
  any_character(any, within, Escapes::needed, within);
  any.byte(within, '"', Nfa::final);
  Nfa names;
  const Nfa::State inside = names.add();
  const Nfa::State behind = names.add();
  names.byte(Nfa::start, '"', inside);
  for (const Property& property : named) characters(names, inside, property.name, behind);
  names.byte(behind, '"', Nfa::final);
  return own(Dfa::except(Dfa::of(any, budget_), Dfa::of(names, budget_), budget_));
}

RuleId SchemaCompiler::member(RuleId key, RuleId value, std::vector<RuleId> before, std::vector<RuleId> behind) {
  const RuleId gap = standard(standard_lexemes().gap);
  const RuleId colon = standard(standard_lexemes().colon);
  before.insert(before.end(), {key, gap, colon, gap, value, standard(standard_lexemes().space)});
  before.insert(before.end(), behind.begin(), behind.end());
  return rules_.sequence(std::move(before));
}

// Each of them may come next, so each is a reading to follow (max_readings).
void SchemaCompiler::check_optional(const std::vector<Property>& named) {
  std::size_t in_a_row = 0;
  for (const Property& property : named) {
    in_a_row = property.required ? 0 : in_a_row + 1;
    if (in_a_row > max_optional)
      throw Refusal{Code::unsupported, concat("has more than ", max_optional,
                                              " properties in a row that may be left out; require some of them")};
  }
}

RuleId SchemaCompiler::object(const Json& schema, const Place& place) {
  const StandardLexemes& lexemes = standard_lexemes();
  const RuleId space = standard(lexemes.space);
  const RuleId close = standard(lexemes.close_object);
  const std::vector<RuleId> comma = {standard(lexemes.comma), space};
  const std::vector<Property> named = properties(schema, place);
  const std::uint32_t least = count_of(schema, "minProperties", 0);
  const std::uint32_t most = count_of(schema, "maxProperties", unlimited);
  check_counts(least, most, "minProperties", "maxProperties");
  if (!named.empty() && (least != 0 || most != unlimited))
    throw Refusal{Code::unsupported,
                  "has minProperties or maxProperties beside named properties, which is not supported; require the "
                  "properties instead"};

  if (least > 1)  // an answer may write a name twice, and it counts once
    throw Refusal{Code::unsupported,
                  "has minProperties above 1, which is not supported; name the properties and require them"};

  check_optional(named);

  // What may follow when all named properties are past: `first` when none of them stands there, else `later`.
  RuleId first = close;
  RuleId later = close;
  if (const Json others = others_of(schema); others != false && most > 0) {
    const RuleId value = rule_of(others, place.at("additionalProperties").pointer);
    const RuleId name = other_key(named);
    later = rules_.list(member(name, value, comma, {}), close, least - std::min(least, 1U),
                        most == unlimited ? unlimited : most - 1);
    std::vector<RuleId> choices = {member(name, value, {}, {later})};
    if (least == 0) choices.push_back(close);
    first = rules_.choice(std::move(choices));
  } else if (least > 0) {
    throw Refusal{Code::invalid_argument,
                  "contradicts itself: it has minProperties and allows no properties; change one of them"};
  }
  for (auto property = named.rbegin(); property != named.rend(); ++property) {
    const RuleId name = key(property->name);
    const RuleId as_first = member(name, property->value, {}, {later});
    const RuleId as_later = member(name, property->value, comma, {later});
    first = property->required ? as_first : rules_.choice({as_first, first});
    later = property->required ? as_later : rules_.choice({as_later, later});
  }
  return rules_.sequence({standard(lexemes.open_object), space, first});
}

}  // namespace pmtune::grammar
