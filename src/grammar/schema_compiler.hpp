// From a schema to the rules of a grammar. Rules of subschemas are made one by one from a list of what is still to
// do, so that neither a long chain of references nor a deep schema takes up the stack.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "grammar/refusal.hpp"
#include "grammar/rules.hpp"
#include "grammar/schema_document.hpp"

namespace pmtune::grammar {

class SchemaCompiler {
 public:
  explicit SchemaCompiler(std::string_view schema) : document_(schema), budget_(Budget::of_a_grammar()) {}

  // The rules of an answer. Throws invalid_argument or unsupported, saying where in the schema.
  Rules run();

 private:
  struct Task {
    RuleId rule;  // a choice without parts yet
    Place place;
  };
  struct Property {
    std::string name;
    RuleId value;
    bool required;
  };

  // schema_compiler.cpp: which schema is meant, and its alternatives
  RuleId rule_of(Place place);
  RuleId rule_of(Json made, const std::string& pointer);  // a schema that stands nowhere in the document
  Place without_references(Place place) const;
  Json flat(const Place& place, std::size_t hops);
  void compile(const Task& task);
  std::vector<RuleId> alternatives(const Json& schema, const char* keyword, const Place& place);
  RuleId scalar(const std::string& type, const Json& schema);
  RuleId of_type(const std::string& type, const Json& schema, const Place& place);
  void charge(std::size_t bytes);
  void check_result(RuleId root) const;

  // compile_scalar.cpp
  RuleId text(const Json& schema);
  RuleId number(const Json& schema, bool whole);
  std::vector<RuleId> values(const Json& schema, const Place& place);
  // compile_array.cpp
  RuleId array(const Json& schema, const Place& place);
  // compile_object.cpp
  RuleId object(const Json& schema, const Place& place);
  std::vector<Property> properties(const Json& schema, const Place& place);
  static void check_optional(const std::vector<Property>& named);
  RuleId member(RuleId key, RuleId value, std::vector<RuleId> before, std::vector<RuleId> behind);
  RuleId key(const std::string& name);
  RuleId other_key(const std::vector<Property>& named);

  RuleId standard(const Lexeme& lexeme) { return rules_.lexeme(lexeme); }
  RuleId own(Dfa dfa) { return rules_.lexeme(std::make_shared<const Dfa>(std::move(dfa))); }

  SchemaDocument document_;
  Rules rules_;
  Budget budget_;
  std::size_t work_ = 0;
  std::deque<Json> made_;
  std::unordered_map<const Json*, RuleId> by_address_;  // of schemas in the document and in made_
  std::unordered_map<std::string, RuleId> known_;       // by the schema's text, in which references are absolute
  std::unordered_map<std::string, RuleId> scalars_;     // strings and numbers, by type and keywords
  std::unordered_map<std::string, RuleId> keys_;        // by name
  std::unordered_map<RuleId, std::string> pointers_;    // of declared rules
  std::size_t patterns_ = 0;
  std::deque<Task> tasks_;
};

// A count such as minItems, cut off at `most`.
std::uint32_t count_of(const Json& schema, const char* keyword, std::uint32_t absent);
// Throws Refusal for a least count that is above most, or too large.
void check_counts(std::uint32_t least, std::uint32_t most, const char* least_name, const char* most_name);

}  // namespace pmtune::grammar
