#pragma once

#include "text/jinja/runtime.hpp"

namespace pmtune::text::jinja {

// input | name(arguments). Throws unsupported, naming it, for an unknown filter.
Value apply_filter(Runtime& runtime, const std::string& name, const Value& input, const Arguments& arguments);

// input is name(arguments). Throws unsupported, naming it, for an unknown test.
bool apply_test(Runtime& runtime, const std::string& name, const Value& input, const Arguments& arguments);

// The variable of that name that every template sees: range, dict, namespace, raise_exception, strftime_now;
// undefined when there is none.
Value find_function(const std::string& name);

// How the filters are found: by name, in the table of texts and numbers or that of lists.
using FilterFunction = Value (*)(Runtime&, const Value& input, const Arguments&);
FilterFunction find_list_filter(std::string_view name);  // nullptr when there is none
FilterFunction find_grouping_filter(std::string_view name);

// "a.b.0" of an item, for the filters that take an attribute.
Value attribute_path(Runtime& runtime, const Value& object, const Value& path);

// What an item is compared by: itself or its attribute (path may be null); case is ignored unless asked otherwise.
Value sort_key(Runtime& runtime, const Value& value, const Value* path, bool case_sensitive);

}  // namespace pmtune::text::jinja
