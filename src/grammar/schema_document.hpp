#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace pmtune::grammar {

// A part of a schema, and where it stands ("#/properties/x").
struct Place {
  const Json* schema;
  std::string pointer;
  Place at(std::string_view name) const;  // the pointer of a part of it; the schema is left as it is
};

// The text of a schema, and what its references mean.
class SchemaDocument {
 public:
  // Throws invalid_argument for text that is not JSON or no schema, unsupported for one that is too large.
  explicit SchemaDocument(std::string_view text);

  Place root() const { return {&root_, "#"}; }
  // "#", "#/$defs/x". Throws Refusal: unsupported for another document or an anchor, invalid_argument where nothing
  // is.
  Place target(const std::string& reference) const;

 private:
  Json root_;
};

}  // namespace pmtune::grammar
