// JSON as people and programs get it wrong, put right where only one thing can be meant.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace pmtune::data {

struct JsonRepair {
  Json value;
  std::string what;  // "The comma at the end of the line is removed."
};

// Of one record in UTF-8 that is no JSON; nothing when it is not clear what is meant.
std::optional<JsonRepair> repair_json(std::string_view text);

}  // namespace pmtune::data
