// The methods of Python's strings, dicts and lists that templates call.
#pragma once

#include "text/jinja/runtime.hpp"

namespace pmtune::text::jinja {

// The method bound to the object; undefined when it has none of that name. Methods that would change the object are
// refused with a fault, as in Jinja's immutable sandbox.
Value find_method(Runtime& runtime, const Value& object, const std::string& name);

}  // namespace pmtune::text::jinja
