// What the suites need to know of the checks beside run_check (evaluator.hpp).
#pragma once

#include <pmtune/evaluator.hpp>
#include <string>
#include <vector>

namespace pmtune::eval {

const std::vector<std::string>& check_kinds();

// Throws invalid_argument naming `where` for an unknown kind, a missing or malformed text, or bounds that make no
// sense.
void validate_check(const FormatCheck& check, const std::string& where);

}  // namespace pmtune::eval
