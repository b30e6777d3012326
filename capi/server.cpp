#include <pmtune/server.hpp>

#include <csignal>
#include <memory>
#include <thread>

#include "guard.hpp"
#include "handles.hpp"
#include "option_table.hpp"

using namespace pmtune;
using namespace pmtune::capi;

struct pmt_server {
  explicit pmt_server(Server made) : server(std::move(made)) {}
  Server server;
  std::atomic<bool> has_run{false};
  std::thread thread;

  void begin() {
    if (has_run.exchange(true)) fail(Code::busy, "This server has been run already; make another one.");
  }
};

namespace {

// The host's signals are for the host's threads.
std::thread quiet_thread(const Server& server) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto put_back = [&](void*) { pthread_sigmask(SIG_SETMASK, &before, nullptr); };
  const std::unique_ptr<void, decltype(put_back)> guard(&before, put_back);
  return std::thread([copy = server]() mutable {
    try {
      copy.run();
    } catch (...) {  // only for want of memory, and there is nobody to tell
    }
  });
}

}  // namespace

pmt_status pmt_server_create(const char* registry, const pmt_server_options* options, const pmt_model_options* model,
                             pmt_server** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const ServerOptions server = read_options(options);
    const ModelOptions loading = read_options(model);
    *out = registry ? new pmt_server(Server(ModelRegistry(text_of(registry, "registry")), server, {}, loading))
                    : new pmt_server(Server(server, {}, loading));
  });
}

int64_t pmt_server_port(const pmt_server* server) noexcept { return server ? server->server.port() : 0; }

pmt_status pmt_server_run(pmt_server* server, pmt_error** err) noexcept {
  return guard(err, [&] {
    require(server, "server").begin();
    server->server.run();
  });
}

pmt_status pmt_server_start(pmt_server* server, pmt_error** err) noexcept {
  return guard(err, [&] {
    require(server, "server").begin();
    server->thread = quiet_thread(server->server);
  });
}

void pmt_server_stop(pmt_server* server) noexcept {
  if (server) server->server.stop();
}

void pmt_server_free(pmt_server* server) noexcept {
  if (!server) return;
  server->server.stop();
  if (server->thread.joinable()) server->thread.join();
  delete server;
}
