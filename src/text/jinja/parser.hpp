// From the source of a template to its tree.
#pragma once

#include <string_view>

#include "text/jinja/ast.hpp"

namespace pmtune::text::jinja {

// Throws corrupt with line and column for a syntax error, unsupported for a statement that is not known.
Body parse(std::string_view source);

}  // namespace pmtune::text::jinja
