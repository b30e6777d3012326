// A local server that speaks the OpenAI HTTP interface, so that editors, scripts and other tools can use the
// registry's models and any others on this machine.
//
//   ServerOptions options;
//   options.port = 1234;
//   Server server(ModelRegistry("models"), options);   // listens from here on
//   std::cout << server.address() << '\n';             // http://127.0.0.1:1234
//   server.run();                                      // answers until stop() is called from another thread
//
//   GET  /v1/models, /v1/models/{id}   what can be asked: versions (PM-PRDs-v2), aliases (PM-PRDs@primary), names
//   (the
//                                      newest version), ServerOptions::models, and auto. As the registry is now.
//   POST /v1/chat/completions          stream, stop, seed, n, logprobs, response_format, tools where the model's chat
//   POST /v1/completions               template has them
//   POST /v1/embeddings                mean of the final hidden states, of length 1
//   POST /v1/feedback                  {"id": of an answer, "rating": 1 to 5 or "up" or "down", "correction": the
//                                      better answer, "author"}: corrections go to the inbox (inbox.hpp), ratings
//                                      into a file of lines beside it
//   GET  /health, /metrics             the latter for Prometheus
//
// model "auto" asks the version whose training examples resemble the question most; the headers X-PMTune-Model and
// X-PMTune-Routing say which that was, and why. Where a request has no system message, a tuned model is asked with
// the one that it was taught with. Models are opened when they are first asked; versions of one base share its
// weights.
//
// Who may ask: the address is this machine's own unless another is given, and then there must be an API key. Requests
// of web pages (they have the header Origin) are refused unless allowed_origins names the page's origin.
//
// A good guest: no signal handlers, nothing on stdout, a bounded number of threads that take no signals. When the one
// who asked is gone, the answer ends and makes room for the next.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <pmtune/engine.hpp>
#include <pmtune/export.hpp>
#include <pmtune/fields.hpp>
#include <pmtune/model_registry.hpp>

namespace pmtune {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::int64_t port = 1234;
  std::vector<std::string> models;
  std::vector<std::string> api_keys;
  std::vector<std::string> allowed_origins;
  std::string inbox = "inbox.jsonl";
  std::int64_t max_tokens = 1024;
  double temperature = 0;
  std::int64_t max_models = 4;
  ByteSize model_memory;
  std::int64_t threads = 64;
  std::int64_t queue_length = 64;
  ByteSize body_limit = std::int64_t{8'000'000};
  double request_time = 600;
  double idle_time = 30;
  double stop_time = 30;
};
template <class Visit>
void fields(ServerOptions& options, Visit&& visit) {
  visit(
      Field("host", "address to listen on; the default is reachable from this machine only, others need an API key"),
      options.host);
  visit(Field("port", "0 takes a free one").range(0, 65535), options.port);
  visit(Field("models", "models to serve beside the registry's: files, folders, known names"), options.models);
  visit(Field("api_keys", "keys, one of which clients must send; none asks for none"), options.api_keys);
  visit(
      Field("allowed_origins",
            "origins of web pages that may ask, e.g. http://localhost:3000; loopback: pages of this machine; *: all"),
      options.allowed_origins);
  visit(Field("inbox", "file for corrected answers; ratings lie beside it. Empty: no feedback is taken"),
        options.inbox);
  visit(Field("max_tokens", "the most tokens of an answer where a request names no number")
            .range(1, 1048576)
            .in("tokens"),
        options.max_tokens);
  visit(Field("temperature", "where a request names none; 0 answers as versions are judged").range(0, 2),
        options.temperature);
  visit(Field("max_models", "the most base models in memory at once; the one unused for longest makes room")
            .range(1, 1000),
        options.max_models);
  visit(Field("model_memory", "the most memory for base models together; 0 sets no limit").range(0, 9e18).in("bytes"),
        options.model_memory);
  visit(Field("threads", "the most connections that are served at once").range(2, 1024), options.threads);
  visit(Field("queue_length", "requests that may wait for their turn; the next is refused").range(0, 1e6),
        options.queue_length);
  visit(Field("body_limit", "the largest request").range(1000, 1e9).in("bytes"), options.body_limit);
  visit(Field("request_time", "the longest that a request may take, waiting included").above(0, 1e6).in("s"),
        options.request_time);
  visit(Field("idle_time", "after which a client that neither sends nor takes anything is dropped")
            .above(0, 1e6)
            .in("s"),
        options.idle_time);
  visit(Field("stop_time", "what running answers get to end when the server is stopped").range(0, 1e6).in("s"),
        options.stop_time);
}

class PMTUNE_API Server {
 public:
  // Listens at once, and answers from run() on. engine, model: how each base is run and loaded. Throws
  // invalid_argument (also for an address that others can reach, without an API key) and io (the port is in use).
  explicit Server(const ModelRegistry& registry, const ServerOptions& options = {}, const EngineOptions& engine = {},
                  const ModelOptions& model = {});
  // Without a registry: only the models that the options name.
  explicit Server(const ServerOptions& options, const EngineOptions& engine = {}, const ModelOptions& model = {});

  // Blocks until stop() is called, and until running answers have ended or stop_time is over. Only once.
  void run();
  void stop() noexcept;  // from any thread, before run() too; does not wait

  std::int64_t port() const;
  std::string address() const;  // "http://127.0.0.1:1234"

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pmtune
