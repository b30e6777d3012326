// The safe fixes to the JSON object of one example.
#pragma once

#include <pmtune/dataset.hpp>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace pmtune::data {

// Appends each change to `fixes`, with the line; returns whether there was any.
bool fix_object(Json& object, std::int64_t line, std::vector<DatasetFix>& fixes);

// Without invisible characters, blanks at the ends, and template tokens there. `what` says what was taken out.
std::string cleaned_text(std::string_view text, std::string& code, std::string& what);

}  // namespace pmtune::data
