// The keywords of JSON Schema (2020-12, with what drafts 4 to 7 wrote otherwise) that are known here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace pmtune::grammar {

// Says nothing about which values are right: title, description, default, $defs, ...
bool is_annotation(std::string_view keyword);

// The schema without annotations, const written as enum, and keywords that restrict nothing (uniqueItems: false) left
// out. Throws Refusal for a keyword that is not supported, naming it, and for one whose value is malformed.
Json without_annotations(const Json& schema);

// "object", "array", ...: those that `type` names or, where it is absent, those that the other keywords speak of;
// all when there are none. Throws Refusal for an unknown type. "number" stands for "integer" too.
std::vector<std::string> types_of(const Json& schema);

}  // namespace pmtune::grammar
