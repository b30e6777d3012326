// The proxy that the environment names for an address, as curl and most other programs read it.
#pragma once

#include <optional>
#include <string>

#include "hub/url.hpp"

namespace pmtune::hub {

struct Proxy {
  std::string host;
  int port = 0;
  std::string user;  // empty without a log-in
  std::string password;
};

// From https_proxy, http_proxy (small letters only: HTTP_PROXY may come from a web server's caller), all_proxy and
// their forms in capitals, unless no_proxy names the host. This machine itself is never asked through a proxy. Throws
// invalid_argument for an address that is none, unsupported for another kind than http.
std::optional<Proxy> proxy_for(const Url& url);

}  // namespace pmtune::hub
