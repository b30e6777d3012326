#pragma once

#include <string>
#include <string_view>

namespace pmtune::text::jinja {

// What stands between the quotes of a string, with Python's escapes replaced. False when an escape is malformed.
bool decode_string_literal(std::string_view literal, std::string& decoded);

}  // namespace pmtune::text::jinja
