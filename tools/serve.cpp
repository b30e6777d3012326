// pmtune serve: models over the OpenAI HTTP interface, until Ctrl-C or SIGTERM.
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <pmtune/server.hpp>
#include <thread>

#include "commands.hpp"
#include "shared_flags.hpp"

namespace pmtune::cli {
namespace {

// Waits for Ctrl-C or SIGTERM on a thread of its own: no handler, so nothing has to be said in one. Made before any
// other thread, which then leaves these signals alone. The second Ctrl-C ends the process.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  void stop_on_first(Server server) {
    waiting_ = std::thread([this, server]() mutable {
      int signal = 0;
      sigwait(&signals_, &signal);
      if (signal == SIGUSR1) return;  // of our own: nothing to wait for any more
      std::cerr << "pmtune: stopping; running answers may end first. Again to stop at once." << std::endl;
      server.stop();
      while (sigwait(&signals_, &signal) == 0 && signal != SIGUSR1) std::_Exit(128 + signal);
    });
  }
  ~StopSignals() {
    if (waiting_.joinable()) {
      pthread_kill(waiting_.native_handle(), SIGUSR1);
      waiting_.join();
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t signals_, before_;
  std::thread waiting_;
};

struct Serve {
  std::vector<std::string> models, keys, origins;
  RegistryFlag registry;
  Flags<ServerOptions> server_flags;
  Flags<EngineOptions> engine_flags;
  ModelFlags model_flags;

  ServerOptions options() const {
    ServerOptions options;
    server_flags.apply_to(options);
    options.models = models;
    options.api_keys = keys;
    options.allowed_origins = origins;
    // Keys on the command line can be seen by all users of a machine.
    if (const char* key = std::getenv("PMTUNE_API_KEY"); key && *key && keys.empty()) options.api_keys = {key};
    if (const char* inbox = std::getenv("PMTUNE_INBOX"); inbox && *inbox && !server_flags.given("inbox"))
      options.inbox = inbox;
    return options;
  }

  Server make() const {
    EngineOptions engine;
    engine_flags.apply_to(engine);
    const ModelOptions model = model_flags.options();
    if (registry.exists()) return Server(registry.open(), options(), engine, model);
    if (!models.empty()) return Server(options(), engine, model);
    throw Error(Code::not_found, "There is no registry in the folder \"" + registry.folder +
                                     "\" and no --model; train a model first, or name one with --model.");
  }

  int run() const {
    StopSignals signals;
    Server server = make();
    std::cout << "pmtune: listening on " << server.address() << " (OpenAI's interface: " << server.address() << "/v1)"
              << std::endl;
    signals.stop_on_first(server);
    server.run();
    return exit_ok;
  }
};

}  // namespace

void add_serve(CLI::App& app, Job& job) {
  auto serve = std::make_shared<Serve>();
  CLI::App* command = app.add_subcommand("serve", "Offer models to other programs over the OpenAI HTTP interface");
  command->add_option("--model", serve->models, "Another model to serve: file, folder or known name; may be repeated")
      ->type_name("SOURCE")
      ->allow_extra_args(false);
  command->add_option("--api-key", serve->keys, "Key that clients must send; may be repeated (also $PMTUNE_API_KEY)")
      ->type_name("KEY")
      ->allow_extra_args(false);
  command
      ->add_option("--allowed-origin", serve->origins,
                   "Origin of web pages that may ask; loopback: pages of this machine; *: all; may be repeated")
      ->type_name("ORIGIN")
      ->allow_extra_args(false);
  serve->registry.add_to(*command);
  serve->server_flags.add_to(*command, "Server", {"models", "api_keys", "allowed_origins"});
  serve->engine_flags.add_to(*command, "Answering", {"queue_length"});  // the server has a queue of its own
  serve->model_flags.add_to(*command);
  command->footer(
      "Example:\n  pmtune serve --port 1234\n  curl http://127.0.0.1:1234/v1/models\nPoint other programs to "
      "http://127.0.0.1:1234/v1; any API key will do unless one is set.");
  command->callback([serve, &job] { job = [serve] { return serve->run(); }; });
}

}  // namespace pmtune::cli
