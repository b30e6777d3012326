// JSON from outside as a template's value.
#pragma once

#include "base/json.hpp"
#include "text/jinja/runtime.hpp"

namespace pmtune::text {

// Every text in it, names of members included, is marked as not the template's own. Counted against the budget.
jinja::Value untrusted_value(const Json& json, jinja::Runtime& runtime);

}  // namespace pmtune::text
