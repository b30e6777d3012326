// Names that differ in capitals only. Of ASCII letters; all other bytes stay as they are, whatever the host's locale.
#pragma once

#include <string>

namespace pmtune {

inline std::string ascii_lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

inline std::string ascii_upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return text;
}

}  // namespace pmtune
