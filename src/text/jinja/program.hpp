// A template that has been parsed and can be run any number of times, by any number of threads.
#pragma once

#include <ctime>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja/ast.hpp"

namespace pmtune::text::jinja {

// Names must outlive the run.
using Variables = std::vector<std::pair<std::string_view, Value>>;

class Program {
 public:
  // Throws as parse() does.
  explicit Program(std::string_view source);

  // now: what strftime_now() tells. Throws invalid_argument with the template's words when it calls raise_exception;
  // unsupported for an unknown filter, test or function; corrupt for other faults and when a limit is passed.
  MarkedText run(Variables variables, std::time_t now) const;

 private:
  Body body_;
};

}  // namespace pmtune::text::jinja
