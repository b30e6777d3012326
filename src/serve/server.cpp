#include <pmtune/server.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/fail.hpp"
#include "base/log.hpp"
#include "base/options.hpp"
#include "serve/endpoints.hpp"
#include "serve/http_front.hpp"
#include "serve/listener.hpp"
#include "serve/origins.hpp"

namespace pmtune {

using namespace serve;

namespace {

// A client that has nothing to ask may keep its connection for so long.
constexpr double keep_alive_seconds = 15;
constexpr std::chrono::seconds patience_with_new{1};
constexpr int most_requests = 1000;  // on one connection

const ServerOptions& checked(const ServerOptions& options) {
  validate_options(options);
  for (const std::string& key : options.api_keys)
    if (key.empty())
      fail(Code::invalid_argument, "An API key is an empty text; leave it out, or use a long random one.");
  if (!is_loopback_address(options.host) && options.api_keys.empty())
    fail(Code::invalid_argument, "On the address ", options.host,
         " everybody in the network could ask this server; give it an API key (api_keys), or listen on 127.0.0.1.");
  return options;
}

}  // namespace

struct Server::Impl {
  Impl(std::optional<ModelRegistry> registry, const ServerOptions& given, const EngineOptions& engine,
       const ModelOptions& model)
      : options(checked(given)),
        catalogue(std::move(registry), options),
        shelf(options, engine, model,
              [this](const std::string& version, const Model& base) { return catalogue.open(version, base); }),
        feedback(options.inbox),
        connections(static_cast<std::size_t>(options.threads), 2 * static_cast<std::size_t>(options.threads)),
        desk{options, catalogue, shelf, feedback, metrics, measuring, [this] { return connections.busy(); }},
        front(
            options, [this](const Call& call) { return answer(desk, call); },
            [this](const std::string& path, int status, double seconds) {
              metrics.count_request(path, status, seconds);
            },
            cutting_off),
        listener(options.host, options.port) {
    validate_options(engine);
    validate_options(model);
  }

  void accept(int socket);
  void serve(Connection& connection);
  void finish();

  ServerOptions options;
  std::atomic<bool> stopping{false};     // nothing new is taken
  std::atomic<bool> cutting_off{false};  // running answers end
  std::atomic<bool> has_run{false};
  Catalogue catalogue;
  ModelShelf shelf;
  Feedback feedback;
  Metrics metrics;
  WorkerPool measuring{1, 1000};
  WorkerPool connections;
  Desk desk;
  HttpFront front;
  Listener listener;
};

void Server::Impl::accept(int socket) {
  // Shared, since a std::function must be copyable.
  const auto connection = std::make_shared<Connection>(socket, options.idle_time);
  if (connections.submit([this, connection] { serve(*connection); })) return;
  const std::string body =
      error_body(make_error(503, "too_many_connections", "Too many connections are open; try again soon.")).dump();
  const std::string busy = concat(
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
      "Connection: close\r\nContent-Length: ",
      body.size(), "\r\n\r\n", body);
  connection->write(busy.data(), busy.size());
}

void Server::Impl::serve(Connection& connection) {
  try {
    for (int i = 1; i <= most_requests; ++i) {
      // A client that says nothing makes way for one that waits: at once between requests, soon before the first.
      const bool is_first = i == 1;
      const auto start = Clock::now();
      const bool has_come = connection.wait_for_request(
          is_first ? options.idle_time : std::min(keep_alive_seconds, options.idle_time), [&] {
            return stopping || (connections.has_waiting() && (!is_first || Clock::now() - start > patience_with_new));
          });
      if (!has_come) return;
      if (!front.answer_one(connection, i == most_requests || stopping)) break;
    }
    connection.close_gently();
  } catch (const std::exception& error) {
    log(LogLevel::error, concat("A connection broke off: ", error.what()));
  }
}

// Running answers may end; those that do not in time are cut off.
void Server::Impl::finish() {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_done = false;
  WorkerPool patience(1, 1);
  patience.submit([&] {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, std::chrono::duration<double>(options.stop_time), [&] { return is_done; });
    cutting_off = true;
  });
  connections.join();
  {
    const std::lock_guard lock(mutex);
    is_done = true;
  }
  changed.notify_all();
  patience.join();
  measuring.join();
}

// A handle of its own: the host may go on using its, on its threads.
Server::Server(const ModelRegistry& registry, const ServerOptions& options, const EngineOptions& engine,
               const ModelOptions& model)
    : impl_(std::make_shared<Impl>(ModelRegistry(registry.folder()), options, engine, model)) {}

Server::Server(const ServerOptions& options, const EngineOptions& engine, const ModelOptions& model)
    : impl_(std::make_shared<Impl>(std::nullopt, options, engine, model)) {}

void Server::run() {
  const std::shared_ptr<Impl> impl = impl_;
  if (impl->has_run.exchange(true)) fail(Code::busy, "This server has been run already; make another one.");
  impl->listener.run([&](int socket) { impl->accept(socket); });
  impl->stopping = true;
  impl->finish();
}

void Server::stop() noexcept {
  impl_->stopping = true;
  impl_->listener.stop();
}

std::int64_t Server::port() const { return impl_->listener.port(); }

std::string Server::address() const {
  const std::string& host = impl_->options.host;
  const bool is_v6 = host.find(':') != std::string::npos && host.front() != '[';
  return concat("http://", is_v6 ? "[" + host + "]" : host, ":", port());
}

}  // namespace pmtune
