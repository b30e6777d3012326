#include <pmtune/server.hpp>

#include "base/fail.hpp"
#include "base/options.hpp"

namespace pmtune {

struct Server::Impl {};

Server::Server(const ModelRegistry&, const ServerOptions& options) {
  validate_options(options);
  fail(Code::unsupported,
       "The local server is not built yet; use `pmtune chat`, or the library itself (docs/status.md).");
}

// No object exists as long as the constructor throws; these complete the interface that hosts link against.
void Server::run() {}
void Server::stop() noexcept {}
std::int64_t Server::port() const { return 0; }

}  // namespace pmtune
