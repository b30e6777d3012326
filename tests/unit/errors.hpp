// What an Error says, for tests that look for a part of it.
#pragma once

#include <functional>
#include <pmtune/error.hpp>
#include <string>

namespace pmtune::test {

// With its code in front; "no error" when nothing is thrown.
inline std::string error_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
  return "no error";
}

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace pmtune::test
