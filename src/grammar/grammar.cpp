#include "grammar/grammar.hpp"

#include "grammar/schema_compiler.hpp"

namespace pmtune::grammar {

std::shared_ptr<const Grammar> Grammar::json() {
  static const std::shared_ptr<const Grammar> any_object = from_schema(R"({"type": "object"})");
  return any_object;
}

std::shared_ptr<const Grammar> Grammar::from_schema(std::string_view schema) {
  return std::shared_ptr<const Grammar>(new Grammar(SchemaCompiler(schema).run()));
}

}  // namespace pmtune::grammar
