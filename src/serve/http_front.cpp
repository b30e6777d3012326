#include "serve/http_front.hpp"

#include <utility>

#include "base/log.hpp"
#include "base/utf8.hpp"
#include "serve/origins.hpp"
#include "serve/secret.hpp"

namespace pmtune::serve {
namespace {

constexpr std::size_t longest_path = 1000;

// What is being answered on this thread: the library does not hand connections to handlers.
struct Current {
  Connection* connection = nullptr;
  Clock::time_point start;
};
thread_local Current current;

class SseSink : public EventSink {
 public:
  explicit SseSink(httplib::DataSink& sink) : sink_(sink) {}
  bool send(std::string_view data) override {
    const std::string event = concat("data: ", data, "\n\n");
    return sink_.write(event.data(), event.size());
  }

 private:
  httplib::DataSink& sink_;
};

bool is_read(const std::string& method) { return method == "GET" || method == "HEAD"; }

void put_error(httplib::Response& response, const ApiError& error) {
  response.status = error.status;
  response.set_content(error_body(error).dump(), "application/json");
  if (error.retry_after > 0) response.set_header("Retry-After", std::to_string(error.retry_after));
  if (error.status == 401) response.set_header("WWW-Authenticate", "Bearer");
}

}  // namespace

HttpFront::HttpFront(const ServerOptions& options, Answer answer, Done done, const std::atomic<bool>& stopping)
    : options_(options),
      only_loopback_(is_loopback_address(options.host)),
      answer_(std::move(answer)),
      done_(std::move(done)),
      stopping_(stopping) {
  put_back();
  svr_sock_ = 0;  // the library ends streams when it thinks that it does not listen; it is us who listen
  set_handlers();
}

void HttpFront::set_handlers() {
  set_pre_routing_handler([this](const auto& request, auto& response) { return before_body(request, response); });
  // Any path, and with a reader: only so can a body be limited that does not say how long it is.
  Post(R"([\s\S]*)",
       [this](const auto& request, auto& response, const auto& reader) { with_body(request, response, reader); });
  set_error_handler([this](const httplib::Request&, httplib::Response& response) { fill_in_error(response); });
  set_logger([this](const httplib::Request& request, const httplib::Response& response) {
    const std::chrono::duration<double> taken = Clock::now() - current.start;
    done_(request.path, response.status, taken.count());
  });
}

bool HttpFront::answer_one(Connection& connection, bool is_last) {
  connection.begin_request();
  current = {&connection, Clock::now()};
  bool is_closed = false;
  const bool done = process_request(connection, is_last, is_closed, nullptr);
  current = {};
  return done && connection.flush() && !is_last && !is_closed && !connection.must_close();
}

bool HttpFront::guarded(httplib::Response& response, const std::function<void()>& work) const {
  try {
    work();
    return true;
  } catch (const ApiError& error) {
    put_error(response, error);
  } catch (const Error& error) {
    put_error(response, from_library(error));
  } catch (const std::bad_alloc&) {
    put_error(response,
              make_error(503, "out_of_memory", "There is no memory left for this request; send a smaller one."));
  } catch (const std::exception& error) {
    log(LogLevel::error, concat("A request could not be answered: ", error.what()));
    put_error(response,
              make_error(500, "internal", "Something unexpected happened in the server; please report it."));
  }
  return false;
}

void HttpFront::check(const httplib::Request& request) const {
  if (request.path.size() > longest_path || request.target.size() > longest_path)
    throw make_error(414, "uri_too_long", "The path is too long; see /v1/models for what there is.");
  if (!is_read(request.method) && request.method != "POST" && request.method != "OPTIONS")
    throw make_error(405, "method_not_allowed", "Only GET, HEAD, POST and OPTIONS are answered.");
  const bool is_open = options_.api_keys.empty();
  if (only_loopback_ && is_open && !is_loopback_host(request.get_header_value("Host")))
    throw make_error(403, "host_not_allowed",
                     "The header Host does not name this machine; ask http://127.0.0.1, or start the server with an "
                     "API key.");
  if (const std::string origin = request.get_header_value("Origin");
      !origin.empty() && !is_allowed_origin(origin, options_.allowed_origins))
    throw make_error(
        403, "origin_not_allowed",
        "Web pages from " + origin + " may not ask this server; start it with allowed_origins that has it.");
  if (is_open || request.method == "OPTIONS" || request.path == "/health") return;
  if (!is_one_of(bearer_key(request.get_header_value("Authorization")), options_.api_keys))
    throw make_error(401, "invalid_api_key",
                     request.has_header("Authorization")
                         ? "The API key is not one that this server was started with; use another."
                         : "An API key is needed; send it in the header \"Authorization: Bearer KEY\".");
}

httplib::Server::HandlerResponse HttpFront::before_body(const httplib::Request& request,
                                                        httplib::Response& response) {
  current.connection->end_head();
  response.set_header("X-Request-Id", random_name("req_"));
  const bool may_ask = guarded(response, [&] { check(request); });
  add_cors(request, response);
  if (!may_ask && request.method != "HEAD" && request.method != "GET") current.connection->close_after_this();
  if (!may_ask) return HandlerResponse::Handled;
  if (request.method == "OPTIONS") {
    response.status = 204;
    return HandlerResponse::Handled;
  }
  if (!is_read(request.method)) return HandlerResponse::Unhandled;
  guarded(response, [&] { respond(request, response, ""); });
  return HandlerResponse::Handled;
}

void HttpFront::with_body(const httplib::Request& request, httplib::Response& response,
                          const httplib::ContentReader& reader) {
  guarded(response, [&] { respond(request, response, read_body(request, reader)); });
}

std::string HttpFront::read_body(const httplib::Request& request, const httplib::ContentReader& reader) const {
  const auto limit = static_cast<std::size_t>(options_.body_limit.bytes);
  const auto too_large = [&] {
    current.connection->close_after_this();
    return make_error(413, "request_too_large",
                      concat("The request is larger than ", to_string(options_.body_limit),
                             "; send a shorter one, or start the server with a larger body_limit."));
  };
  const bool is_chunked = request.has_header("Transfer-Encoding");
  if (!is_chunked && !request.has_header("Content-Length")) return "";  // the library would wait for the end
  if (!is_chunked && request.get_header_value<std::uint64_t>("Content-Length") > limit) throw too_large();
  if (request.is_multipart_form_data()) {
    current.connection->close_after_this();
    throw make_error(415, "unsupported_media_type",
                     "Forms are not read; send JSON with Content-Type application/json.");
  }
  std::string body;
  bool is_full = false;
  const bool is_whole = reader([&](const char* bytes, std::size_t size) {
    is_full = size > limit - body.size();
    if (!is_full) body.append(bytes, size);
    return !is_full;
  });
  if (is_full) throw too_large();
  if (is_whole) return body;
  current.connection->close_after_this();
  if (current.connection->was_late())
    throw make_error(408, "request_timeout", "The request did not arrive in time; send it again.");
  refuse("", "The body ended too early or is badly encoded; send it again.");
}

void HttpFront::respond(const httplib::Request& request, httplib::Response& response, std::string body) {
  Connection& connection = *current.connection;
  const Call call{request.method == "HEAD" ? "GET" : request.method, replace_invalid_utf8(request.path),
                  std::move(body),
                  Patience(
                      options_.request_time, [&connection] { return connection.is_open(); }, stopping_)};
  Reply reply = answer_(call);
  response.status = reply.status;
  for (const auto& [name, value] : reply.headers) response.set_header(name, value);
  if (!reply.stream) {
    response.set_content(reply.body, reply.content_type);
    return;
  }
  response.set_header("Cache-Control", "no-cache");
  response.set_chunked_content_provider("text/event-stream",
                                        [stream = std::move(reply.stream)](std::size_t, httplib::DataSink& sink) {
                                          SseSink events(sink);
                                          stream(events);
                                          sink.done();
                                          return true;
                                        });
}

void HttpFront::fill_in_error(httplib::Response& response) const {
  if (!response.body.empty()) return;
  current.connection->close_after_this();
  if (current.connection->had_large_head())
    return put_error(response, make_error(431, "headers_too_large", "The headers are too large; send fewer."));
  if (current.connection->was_late())
    return put_error(response,
                     make_error(408, "request_timeout", "The request did not arrive in time; send it again."));
  const int status = response.status;
  put_error(response, make_error(status, status == 414 ? "uri_too_long" : "bad_request",
                                 "This is no HTTP request that can be answered; see the documentation of the API."));
}

void HttpFront::add_cors(const httplib::Request& request, httplib::Response& response) const {
  const std::string origin = request.get_header_value("Origin");
  if (options_.allowed_origins.empty()) return;
  response.set_header("Vary", "Origin");
  if (origin.empty() || !is_allowed_origin(origin, options_.allowed_origins)) return;
  response.set_header("Access-Control-Allow-Origin", origin);
  response.set_header("Access-Control-Expose-Headers", "X-Request-Id, X-PMTune-Model, X-PMTune-Routing, Retry-After");
  if (request.method != "OPTIONS") return;
  response.set_header("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  const std::string wanted = request.get_header_value("Access-Control-Request-Headers");
  response.set_header("Access-Control-Allow-Headers", wanted.empty() ? "Authorization, Content-Type" : wanted);
  if (request.has_header("Access-Control-Request-Private-Network"))
    response.set_header("Access-Control-Allow-Private-Network", "true");
  response.set_header("Access-Control-Max-Age", "600");
}

}  // namespace pmtune::serve
