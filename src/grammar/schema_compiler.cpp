#include "grammar/schema_compiler.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "grammar/keywords.hpp"
#include "grammar/limits.hpp"
#include "grammar/schema_merge.hpp"
#include "text/shown.hpp"

namespace pmtune::grammar {
namespace {

constexpr std::size_t shown_pointer = 200;

[[noreturn]] void refuse(const Refusal& refusal, const std::string& pointer) {
  fail(refusal.code, "The JSON schema at ", text::shown(pointer, shown_pointer), " ", refusal.reason, ".");
}

bool only_refers(const Json& schema) {
  if (!schema.is_object() || !schema.contains("$ref") || !schema["$ref"].is_string()) return false;
  for (const auto& [name, value] : schema.items())
    if (name != "$ref" && !is_annotation(name)) return false;
  return true;
}

}  // namespace

std::uint32_t count_of(const Json& schema, const char* keyword, std::uint32_t absent) {
  if (!schema.contains(keyword)) return absent;
  const double count = schema[keyword].get<double>();
  return count >= static_cast<double>(unlimited) ? unlimited : static_cast<std::uint32_t>(count);
}

void check_counts(std::uint32_t least, std::uint32_t most, const char* least_name, const char* most_name) {
  if (least > most)
    throw Refusal{Code::invalid_argument,
                  concat("contradicts itself: ", least_name, " is above ", most_name, "; change one of them")};
  if (least > max_least)
    throw Refusal{Code::unsupported, concat("has a ", least_name, " above ", max_least, "; ask for less")};
}

Rules SchemaCompiler::run() {
  const RuleId value = rule_of(document_.root());
  while (!tasks_.empty()) {
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    try {
      compile(task);
    } catch (const Refusal& refusal) {
      refuse(refusal, task.place.pointer);
    }
  }
  const RuleId root = rules_.sequence({standard(standard_lexemes().space), value});
  rules_.finish(root);
  check_result(root);
  return std::move(rules_);
}

void SchemaCompiler::check_result(RuleId root) const {
  RuleId idle = 0;
  if (rules_.find_idle_cycle(idle)) {
    fail(Code::invalid_argument, "The JSON schema at ", text::shown(pointers_.at(idle), shown_pointer),
         " is an alternative of itself, so that it says nothing; remove that alternative.");
  }
  if (rules_.at(root).height == unlimited)
    fail(
        Code::invalid_argument,
        "The JSON schema contradicts itself: no value can satisfy it; look for false, types that exclude each other, "
        "and required properties that contain themselves.");
  if (rules_.at(root).height > max_stack / 2)
    fail(Code::unsupported, "The JSON schema asks for values that nest too deeply; make them flatter.");
}

void SchemaCompiler::charge(std::size_t bytes) {
  work_ += bytes;
  if (work_ > max_schema_work)
    throw Refusal{Code::unsupported, "repeats too much of the schema by allOf, anyOf or $ref; make it simpler"};
}

Place SchemaCompiler::without_references(Place place) const {
  std::size_t hops = 0;
  while (only_refers(*place.schema)) {
    place = document_.target((*place.schema)["$ref"].get_ref<const std::string&>());
    if (++hops > max_reference_hops)
      throw Refusal{Code::invalid_argument,
                    "refers to itself, or over too many references, and says nothing; let it refer to what is meant"};
  }
  return place;
}

RuleId SchemaCompiler::rule_of(Place place) {
  const std::string from = place.pointer;
  try {
    place = without_references(std::move(place));
    if (const auto known = by_address_.find(place.schema); known != by_address_.end()) return known->second;
    const Json* const address = place.schema;
    std::string text = place.schema->dump();
    charge(text.size());
    const auto [known, is_new] = known_.try_emplace(std::move(text), 0);
    if (is_new) {
      known->second = rules_.declare();
      pointers_[known->second] = place.pointer;
      tasks_.push_back({known->second, std::move(place)});
    }
    by_address_[address] = known->second;
    return known->second;
  } catch (const Refusal& refusal) {
    refuse(refusal, from);
  }
}

RuleId SchemaCompiler::rule_of(Json made, const std::string& pointer) {
  made_.push_back(std::move(made));
  return rule_of(Place{&made_.back(), pointer});
}

// The schema without annotations, references and allOf: one object of keywords, or true or false.
Json SchemaCompiler::flat(const Place& place, std::size_t hops) {
  if (hops > max_reference_hops)
    throw Refusal{Code::invalid_argument, "refers to itself by $ref or allOf; let it refer to what is meant"};
  if (place.schema->is_boolean()) return *place.schema;
  if (!place.schema->is_object())
    throw Refusal{Code::invalid_argument, "is no schema; write an object, true or false"};
  Json own = without_annotations(*place.schema);
  charge(own.dump().size());
  if (!own.contains("$ref") && !own.contains("allOf")) return own;
  Json result = true;
  if (own.contains("$ref")) result = flat(document_.target(own["$ref"].get_ref<const std::string&>()), hops + 1);
  if (own.contains("allOf"))
    for (const Json& part : own["allOf"]) {
      result = merged(result, flat({&part, place.pointer}, hops + 1));
      charge(result.dump().size());
    }
  own.erase("$ref");
  own.erase("allOf");
  return own.empty() ? result : merged(result, own);
}

void SchemaCompiler::compile(const Task& task) {
  const Json schema = flat(task.place, 0);
  if (schema == false) return rules_.define(task.rule, {});
  const Json keywords = schema == true ? Json::object() : schema;
  for (const char* keyword : {"anyOf", "oneOf"})
    if (keywords.contains(keyword)) return rules_.define(task.rule, alternatives(keywords, keyword, task.place));
  if (keywords.contains("enum")) return rules_.define(task.rule, values(keywords, task.place));
  std::vector<RuleId> parts;
  for (const std::string& type : types_of(keywords)) parts.push_back(of_type(type, keywords, task.place));
  rules_.define(task.rule, std::move(parts));
}

std::vector<RuleId> SchemaCompiler::alternatives(const Json& schema, const char* keyword, const Place& place) {
  Json rest = schema;
  rest.erase(keyword);
  std::vector<RuleId> result;
  const Json& list = schema[keyword];
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string pointer = place.at(keyword).at(std::to_string(i)).pointer;
    result.push_back(rest.empty() ? rule_of(list[i], pointer)
                                  : rule_of(Json{{"allOf", Json::array({rest, list[i]})}}, pointer));
  }
  return result;
}

// Fields that differ in their titles alone share one rule, and with it what is found out about tokens.
RuleId SchemaCompiler::scalar(const std::string& type, const Json& schema) {
  const std::string key = type + schema.dump();
  if (const auto known = scalars_.find(key); known != scalars_.end()) return known->second;
  return scalars_[key] = type == "string" ? text(schema) : number(schema, type == "integer");
}

RuleId SchemaCompiler::of_type(const std::string& type, const Json& schema, const Place& place) {
  if (type == "object") return object(schema, place);
  if (type == "array") return array(schema, place);
  if (type == "string" || type == "number" || type == "integer") return scalar(type, schema);
  if (type == "null") return standard(standard_lexemes().null);
  return rules_.choice({standard(standard_lexemes().yes), standard(standard_lexemes().no)});
}

}  // namespace pmtune::grammar
