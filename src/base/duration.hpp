// Times for people: "42 s", "3 min 20 s", "2 h 5 min".
#pragma once

#include <cmath>
#include <string>

#include "base/fail.hpp"

namespace pmtune {

inline std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 60) return concat(whole, " s");
  if (whole < 3600) return concat(whole / 60, " min ", whole % 60, " s");
  return concat(whole / 3600, " h ", whole % 3600 / 60, " min");
}

}  // namespace pmtune
