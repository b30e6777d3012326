// JSON from outside: bounded depth, no duplicate keys, errors that say where.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace pmtune {

using Json = nlohmann::ordered_json;

// Where and why a text is not JSON. column counts characters from 1 in the line where the fault lies.
struct JsonFault {
  std::size_t byte = 0;
  std::size_t line = 1;
  std::size_t column = 1;
  std::string reason;  // "a comma or a closing bracket is missing", ...
};

// Parses untrusted text. Returns false and fills `fault` when the text is not JSON, nests deeper than max_depth, or
// names a key twice in one object (which parsers disagree on, so one of two readers would be fooled).
bool parse_json(std::string_view text, Json& out, JsonFault& fault, std::size_t max_depth = 64);

// The same, throwing corrupt with `what` (e.g. "config.json in /models/phi") in the sentence.
Json parse_json_or_throw(std::string_view text, std::string_view what, std::size_t max_depth = 64);

}  // namespace pmtune
