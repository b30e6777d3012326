// The time as reports and registry write it.
#pragma once

#include <ctime>
#include <string>

namespace pmtune {

inline std::string utc_now() {  // "2026-11-23T06:39:49Z"
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace pmtune
