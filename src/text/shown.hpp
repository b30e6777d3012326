#pragma once

#include <string>
#include <string_view>

#include "base/utf8.hpp"

namespace pmtune::text {

// Text from a file as a message may show it: valid UTF-8, and not too long.
inline std::string shown(std::string_view text, std::size_t most = 60) {
  if (text.size() <= most) return replace_invalid_utf8(text);
  const std::string_view start = text.substr(0, most);
  return replace_invalid_utf8(start.substr(0, whole_characters(start))) + "...";
}

}  // namespace pmtune::text
