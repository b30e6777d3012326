// An answer as a Python record.
#pragma once

#include <pmtune/model.hpp>

#include "common.hpp"

namespace pmtune::python {

py::dict to_dict(const ScoredToken& token);
py::object generation_of(const Generation& answer);

}  // namespace pmtune::python
