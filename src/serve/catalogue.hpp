// What can be asked, by which names: the registry as it is now, and the models that the options name.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <pmtune/server.hpp>
#include <string>
#include <vector>

#include "serve/model_shelf.hpp"
#include "serve/router.hpp"

namespace pmtune::serve {

class Catalogue {
 public:
  // Throws not_found for a model of the options that is not there.
  Catalogue(std::optional<ModelRegistry> registry, const ServerOptions& options);

  struct Entry {
    std::string id;
    std::int64_t created = 0;  // Unix time
    std::string owner;
  };
  std::vector<Entry> list() const;

  // question: what "auto" is decided by. Throws ApiError: 404 with the nearest names.
  Wanted find(const std::string& name, const std::string& question) const;

  Model open(const std::string& version, const Model& base) const;

 private:
  struct Named {
    std::string id, source, path;
  };
  std::optional<Wanted> in_registry(const std::string& name) const;
  Wanted routed(const std::string& question) const;
  std::vector<RouteCandidate> candidates() const;  // with the lock held
  std::shared_ptr<const QuestionIndex> questions(const ModelVersion& version) const;
  [[noreturn]] void fail_unknown(const std::string& name) const;

  std::optional<ModelRegistry> registry_;
  std::vector<Named> named_;
  std::int64_t start_;
  mutable std::mutex mutex_;  // a registry serves one thread at a time
  mutable std::map<std::string, std::shared_ptr<const QuestionIndex>> questions_;  // by the hash of the set
};

}  // namespace pmtune::serve
