#include "serve/origins.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace pmtune::serve {
namespace {

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// 127.0.0.0/8, written in full.
bool is_loopback_v4(std::string_view text) {
  if (!text.starts_with("127.")) return false;
  int dots = 0;
  for (const char c : text) {
    if (c == '.')
      ++dots;
    else if (c < '0' || c > '9')
      return false;
  }
  return dots == 3 && text.size() <= 15;
}

}  // namespace

bool is_loopback_address(std::string_view address) {
  const std::string name = ascii_lower(address);
  return name == "localhost" || name == "::1" || name == "[::1]" || is_loopback_v4(name);
}

bool is_loopback_host(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  if (has_port && !is_port(host.substr(colon + 1))) return false;
  const std::string_view name = has_port ? host.substr(0, colon) : host;
  return name != "::1" && is_loopback_address(name);
}

bool is_loopback_origin(std::string_view origin) {
  const std::string lower = ascii_lower(origin);
  for (const std::string_view scheme : {"http://", "https://"})
    if (lower.starts_with(scheme)) return is_loopback_host(std::string_view(lower).substr(scheme.size()));
  return false;
}

bool is_allowed_origin(std::string_view origin, const std::vector<std::string>& allowed) {
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& entry) {
    if (entry == "*") return true;
    if (entry == "loopback") return is_loopback_origin(origin);
    return ascii_lower(entry) == ascii_lower(origin);
  });
}

}  // namespace pmtune::serve
