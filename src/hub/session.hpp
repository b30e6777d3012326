// Talking to one server: the person's token, redirects, waiting and trying again, and what a refusal means.
#pragma once

#include <chrono>
#include <cstdint>
#include <pmtune/hub.hpp>
#include <string>

#include "hub/http.hpp"
#include "hub/meter.hpp"

namespace pmtune::hub {

class Session {
 public:
  // Endpoint and token from the options, else from the environment. Throws invalid_argument.
  explicit Session(const PullOptions& options);

  const Url& endpoint() const { return endpoint_; }
  // An address on the server: its path, percent-encoded.
  Url url(const std::string& path) const;

  // GET, redirects followed. The token goes to the server itself only; https never leads to http. The sink sees the
  // last answer alone.
  HttpEnd get(Url url, const Headers& headers, HttpSink& sink) const;

  // What a status other than success means to a person. subject: "The model OWNER/NAME"; page: the model's web page,
  // where access is asked for.
  [[noreturn]] void fail_refused(const HttpHead& head, const std::string& subject, const Url& page) const;

 private:
  bool may_have_token(const Url& url) const;

  Url endpoint_;
  std::string path_;  // of the endpoint, without '/' at its end
  std::string token_;
  bool token_was_given_ = false;
  int timeout_;
};

// A status after which the same request may well succeed.
bool is_passing(int status);

// How often and after which pauses something is tried again.
class Patience {
 public:
  Patience(std::int64_t retries, std::string server)
      : retries_(retries), left_(retries), server_(std::move(server)) {}

  // Enough has arrived since the last failure to begin counting anew.
  void renew();
  // Waits before the next attempt: longer each time, or as long as the server asks. Throws io when there is none
  // left.
  void wait(HttpEnd end, const HttpHead& head, Meter& meter);

 private:
  std::int64_t retries_;
  std::int64_t left_;
  std::string server_;
  int failures_ = 0;
};

}  // namespace pmtune::hub
