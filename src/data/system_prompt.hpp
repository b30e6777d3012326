// How a set of examples addresses the model.
#pragma once

#include <pmtune/dataset.hpp>
#include <string>

namespace pmtune::data {

// The system prompt that most examples begin with; empty when none has one.
std::string usual_system_prompt(const Dataset& data);

}  // namespace pmtune::data
