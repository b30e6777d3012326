// One GET request over HTTP/1.1, https with the certificate checked. Nothing here follows redirects, repeats or
// judges a status. The request runs on a thread of its own; everything in HttpSink is called on the caller's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hub/url.hpp"

namespace pmtune::hub {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpHead {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in small letters, the first of each

  const std::string* find(const std::string& name) const;  // the name in small letters
};

class HttpSink {
 public:
  virtual ~HttpSink() = default;
  // Each may throw: the request is ended, and what was thrown leaves http_get.
  virtual bool on_head(const HttpHead& head) = 0;  // false: the body is not wanted
  virtual void on_body(std::string_view bytes) = 0;
  virtual void on_wait() = 0;  // ten times a second while nothing arrives
};

enum class HttpEnd {
  complete,
  stopped,      // by on_head
  dropped,      // the connection ended or was silent too long before everything was there
  unreachable,  // no connection
  untrusted     // the server's certificate does not prove that it is the one that was asked for
};

// timeout: seconds of silence after which the connection counts as dropped.
HttpEnd http_get(const Url& url, const Headers& headers, int timeout, HttpSink& sink);

}  // namespace pmtune::hub
