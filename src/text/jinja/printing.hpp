// Values as text: Python's str() and repr(), and JSON.
#pragma once

#include <cstdint>
#include <string>

#include "text/jinja/runtime.hpp"

namespace pmtune::text::jinja {

// str(): a text as it is, nothing for an undefined value.
MarkedText to_text(Runtime& runtime, const Value& value);
// The same as a shared value, without a copy when it is a text already.
Value to_text_value(Runtime& runtime, const Value& value);

std::string repr(Runtime& runtime, const Value& value);

struct JsonStyle {
  bool ascii_only = false;
  std::int64_t indent = -1;  // -1: on one line
  std::string item_separator = ", ";
  std::string key_separator = ": ";
  bool sort_keys = false;
};

// json.dumps().
std::string to_json(Runtime& runtime, const Value& value, const JsonStyle& style);

// Whether any text in the value holds untrusted bytes.
bool has_untrusted(const Value& value);

}  // namespace pmtune::text::jinja
