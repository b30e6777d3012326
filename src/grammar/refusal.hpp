#pragma once

#include <pmtune/error.hpp>
#include <string>

namespace pmtune::grammar {

// Thrown where a part of a schema is refused by code that does not know where the part stands; the compiler catches
// it and says so. reason: goes on from "The schema at #/properties/x ".
struct Refusal {
  Code code;
  std::string reason;
};

}  // namespace pmtune::grammar
