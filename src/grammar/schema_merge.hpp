#pragma once

#include "base/json.hpp"

namespace pmtune::grammar {

// What satisfies both schemas (allOf; $ref with other keywords beside it), as one schema; false when nothing can.
// Both as without_annotations() makes them. Throws Refusal where that cannot be written as one schema.
Json merged(const Json& a, const Json& b);

}  // namespace pmtune::grammar
