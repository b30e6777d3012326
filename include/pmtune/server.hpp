// A local server that speaks the OpenAI HTTP interface, so that editors and tools can use the registry's models.
//
//   ServerOptions options;
//   options.port = 1234;
//   Server server(ModelRegistry("models"), options);
//   server.run();                                   // until stop() is called from another thread
//
// Not built yet: the constructor throws unsupported (docs/status.md). The interface is settled so that hosts can plan
// for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <pmtune/export.hpp>
#include <pmtune/fields.hpp>
#include <pmtune/model_registry.hpp>

namespace pmtune {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::int64_t port = 1234;
  std::vector<std::string> models;
  std::string api_key;
};
template <class Visit>
void fields(ServerOptions& options, Visit&& visit) {
  visit(Field("host", "address to listen on; the default is reachable from this machine only"), options.host);
  visit(Field("port", "0 takes a free one").range(0, 65535), options.port);
  visit(Field("models", "models to serve beside the registry's: files, folders, references"), options.models);
  visit(Field("api_key", "key that clients must send; empty asks for none"), options.api_key);
}

class PMTUNE_API Server {
 public:
  explicit Server(const ModelRegistry& registry, const ServerOptions& options = {});
  void run();
  void stop() noexcept;
  std::int64_t port() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pmtune
