// HTTP in front of the endpoints: cpp-httplib reads requests and writes replies; who may ask, how much a body may
// hold and what an error looks like is decided here.
#pragma once

#include <httplib.h>
#include <signal.h>

#include <atomic>
#include <functional>
#include <pmtune/server.hpp>
#include <string>

#include "serve/connection.hpp"
#include "serve/exchange.hpp"

namespace pmtune::serve {

// cpp-httplib's constructor lets the process ignore SIGPIPE. Nothing here needs that (connections send without it),
// and the host's setting is not ours to change.
class SigpipeSetting {
 public:
  SigpipeSetting() { sigaction(SIGPIPE, nullptr, &before_); }
  void put_back() const { sigaction(SIGPIPE, &before_, nullptr); }

 private:
  struct sigaction before_;
};

class HttpFront : private SigpipeSetting, private httplib::Server {
 public:
  using Answer = std::function<Reply(const Call&)>;
  // Told of every request that was answered.
  using Done = std::function<void(const std::string& path, int status, double seconds)>;

  // answer may throw ApiError and Error. stopping: running answers must end.
  HttpFront(const ServerOptions& options, Answer answer, Done done, const std::atomic<bool>& stopping);

  // Answers one request of the connection; false when it is to be closed.
  bool answer_one(Connection& connection, bool is_last);

 private:
  void set_handlers();
  HandlerResponse before_body(const httplib::Request& request, httplib::Response& response);
  void check(const httplib::Request& request) const;  // throws ApiError
  void with_body(const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& reader);
  void respond(const httplib::Request& request, httplib::Response& response, std::string body);
  std::string read_body(const httplib::Request& request, const httplib::ContentReader& reader) const;
  // Runs the work; what it throws becomes the reply. False when it has thrown.
  bool guarded(httplib::Response& response, const std::function<void()>& work) const;
  void fill_in_error(httplib::Response& response) const;  // what the library has refused by itself
  void add_cors(const httplib::Request& request, httplib::Response& response) const;

  const ServerOptions& options_;
  const bool only_loopback_;
  Answer answer_;
  Done done_;
  const std::atomic<bool>& stopping_;
};

}  // namespace pmtune::serve
