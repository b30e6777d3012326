// How JSON is called when one speaks to somebody who does not write it.
#pragma once

#include <string>

#include "base/json.hpp"

namespace pmtune::data {

std::string kind_of(const Json& value);   // "a text", "a number", "a list", ...
std::string keys_of(const Json& object);  // "\"question\" and \"answer\"", at most four
const char* chat_shape();                 // {"messages": [...]} written out

}  // namespace pmtune::data
