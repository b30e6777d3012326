#include <pmtune/server.hpp>

#include <chrono>
#include <csignal>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "common.hpp"
#include "options.hpp"

namespace pmtune::python {
namespace {

// A server with the thread that it runs on. The interpreter's signals stay with the interpreter's threads.
class RunningServer {
 public:
  explicit RunningServer(Server server) : server_(std::move(server)) {}
  ~RunningServer() {
    const py::gil_scoped_release release;
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  void start() {
    if (done_.valid()) fail(Code::busy, "This server has been started already; make another one.");
    std::packaged_task<void()> task([server = server_]() mutable { server.run(); });
    done_ = task.get_future().share();
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread(std::move(task));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  // Ctrl-C stops the server and leaves as KeyboardInterrupt, when running answers have ended.
  void run() {
    start();
    while (!without_gil([&] { return wait(std::chrono::milliseconds(100)); })) {
      if (PyErr_CheckSignals() == 0) continue;
      py::error_already_set interrupt;
      stop();
      throw interrupt;
    }
    done_.get();
  }

  void stop() {
    server_.stop();
    if (done_.valid()) without_gil([&] { done_.wait(); });
  }

  const Server& server() const { return server_; }

 private:
  bool wait(std::chrono::milliseconds time) { return done_.wait_for(time) == std::future_status::ready; }

  Server server_;
  std::thread thread_;
  std::shared_future<void> done_;
};

std::unique_ptr<RunningServer> make(const std::optional<ModelRegistry>& registry, const py::kwargs& named) {
  const auto options = with_options(ServerOptions{}, named);
  return without_gil(
      [&] { return std::make_unique<RunningServer>(registry ? Server(*registry, options) : Server(options)); });
}

}  // namespace

void bind_server(py::module_& module) {
  auto type =
      public_class<RunningServer>(module, "Server",
                                  "Models over the OpenAI HTTP interface, for other programs on this machine.\n\n"
                                  "    with pm.Server(pm.ModelRegistry(\"models\"), port=0) as server:\n"
                                  "        client = openai.OpenAI(base_url=server.address + \"/v1\", api_key=\"-\")");
  type.def(
      py::init(&make), "registry"_a = py::none(),
      "Listens at once. registry=None serves only models=[...]. Options as in ServerOptions: host, port, models, "
      "api_keys, allowed_origins, inbox, max_tokens, temperature, ...");
  type.def("run", &RunningServer::run, "run($self)\n--\n\nServe until stop() is called, or Ctrl-C.");
  type.def("start", &RunningServer::start, "start($self)\n--\n\nServe on a thread of its own, until stop().");
  type.def("stop", &RunningServer::stop,
           "stop($self)\n--\n\nFrom any thread: take nothing new, and return when running answers have ended.");
  type.def_property_readonly(
      "port", [](const RunningServer& self) { return self.server().port(); }, "The port that is listened on.");
  type.def_property_readonly(
      "address", [](const RunningServer& self) { return self.server().address(); }, "\"http://127.0.0.1:1234\"");
  type.def("__enter__", [](const py::object& self) {
    self.attr("start")();
    return self;
  });
  type.def("__exit__", [](RunningServer& self, const py::args&) { self.stop(); });
}

}  // namespace pmtune::python
