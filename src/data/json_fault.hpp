// A record that is not JSON: where, what stands there, and what to do.
#pragma once

#include <pmtune/dataset.hpp>

#include "base/json.hpp"
#include "data/record_reader.hpp"

namespace pmtune::data {

Problem json_problem(const Record& record, const JsonFault& fault);

}  // namespace pmtune::data
