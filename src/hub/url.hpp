// Addresses of http and https, as far as pulling a model needs them (RFC 3986).
#pragma once

#include <string>
#include <string_view>

namespace pmtune::hub {

struct Url {
  bool tls = true;
  std::string host;  // in small letters; an IPv6 address stands in brackets
  int port = 443;
  std::string target = "/";  // path and query, ready for the request line

  std::string origin() const;  // "https://huggingface.co", the port where it is not the usual one
  bool same_origin(const Url& other) const;
  bool is_loopback() const;
};

// Throws invalid_argument, with `what` ("The endpoint") in the sentence, for anything else than http and https, for
// user names in the address and for characters that an address cannot have.
Url parse_url(std::string_view text, std::string_view what);

// Where a Location header leads, seen from `base`. Throws corrupt.
Url redirected(const Url& base, std::string_view location);

// Every byte but letters, digits and -._~ as %XX; '/' stays when keep_slashes.
std::string percent_encoded(std::string_view text, bool keep_slashes);

}  // namespace pmtune::hub
