// What an answer may look like: JSON, or JSON that satisfies a schema.
//
//   auto grammar = Grammar::from_schema(R"({"type": "object", "properties": {"city": {"type": "string"}},
//                                          "required": ["city"]})");
//   Constraint constraint(grammar, table);  // constraint.hpp
//
// Supported of JSON Schema (2020-12; drafts 4 to 7 where they only wrote things otherwise):
//   type (also a list), enum, const, anyOf, oneOf (as anyOf: an answer may satisfy two of them), allOf and keywords
//   beside $ref where both can be written as one schema, $ref to "#" and "#/...", recursion
//   object: properties, required, additionalProperties, unevaluatedProperties, minProperties and maxProperties
//   without
//           named properties. Properties come in the schema's order, then others. Where additionalProperties is not
//           said and properties are named, there are no others.
//   array:  items, prefixItems, minItems, maxItems
//   string: minLength and maxLength (in characters), pattern (pattern.hpp), format (formats.hpp)
//   number, integer: minimum, maximum, exclusiveMinimum, exclusiveMaximum (with them, no exponents)
// Without `type`, the types that the other keywords speak of are meant. Titles, descriptions, defaults and other
// annotations are ignored. Every other keyword is refused as unsupported by its name: nothing that restricts is
// skipped.
//
// Beyond the schema: white space is "", " ", or (not beside a colon) a line break and at most 32 blanks; numbers have
// at most 32 digits before and behind the point; values nest to at most 256 levels (limits.hpp). Strings are valid
// JSON in valid UTF-8; names, enum, const and texts with a pattern use \uXXXX only for what is not printable ASCII.
#pragma once

#include <memory>
#include <string_view>

#include "grammar/rules.hpp"

namespace pmtune::grammar {

// Immutable: share it between threads and answers.
class Grammar {
 public:
  // Any JSON object (OpenAI's json_object).
  static std::shared_ptr<const Grammar> json();

  // schema: text of a JSON schema, at most 128 KiB; may come from anyone. Throws invalid_argument (not JSON, no
  // schema, a schema that nothing can satisfy) or unsupported (naming the keyword), saying where as a JSON pointer.
  static std::shared_ptr<const Grammar> from_schema(std::string_view schema);

  const Rules& rules() const { return rules_; }  // for Constraint

 private:
  explicit Grammar(Rules rules) : rules_(std::move(rules)) {}
  Rules rules_;
};

}  // namespace pmtune::grammar
