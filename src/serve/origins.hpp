// Which web pages may ask. A browser sends any page's requests to this machine, too, and tells where the page is
// from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pmtune::serve {

// "http://localhost:3000", "https://127.0.0.1", "http://[::1]:8080": a page of this machine.
bool is_loopback_origin(std::string_view origin);

// allowed: as ServerOptions::allowed_origins.
bool is_allowed_origin(std::string_view origin, const std::vector<std::string>& allowed);

// "localhost:1234", "127.0.0.1", "[::1]:80": the header Host of one who means this machine. Other names that lead
// here belong to pages that try to get around the browser's rules (DNS rebinding).
bool is_loopback_host(std::string_view host);

// An address that only this machine reaches.
bool is_loopback_address(std::string_view address);

}  // namespace pmtune::serve
