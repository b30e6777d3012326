// The models in memory. A base is loaded when it is first asked, once however many ask, and shared by all versions on
// it; when there is no room, the one unused for longest goes.
#pragma once

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <pmtune/engine.hpp>
#include <pmtune/server.hpp>
#include <string>
#include <vector>

#include "serve/admission.hpp"
#include "serve/worker_pool.hpp"

namespace pmtune::serve {

// A base with the engine that answers for it and all its adapters.
struct LoadedBase {
  LoadedBase(const Model& model, const EngineOptions& options, std::shared_ptr<WaitingRoom> room)
      : model(model), engine(model, options), gate(std::make_shared<Gate>(engine.options().batch_size, room)) {}
  Model model;
  Engine engine;
  std::shared_ptr<Gate> gate;
  std::mutex mutex;
  std::map<std::string, Model> adapters;  // by the name of their folder
};

// What a request is answered with. While one lives, its base stays in memory.
struct Served {
  std::shared_ptr<LoadedBase> base;
  Model model;
  std::string id;  // what the answer says answered: "PM-PRDs-v2"
};

// What is asked for, as the catalogue has found it.
struct Wanted {
  std::string id;
  std::string source;   // of the base, for Model::load
  std::string version;  // in the registry; empty for a base alone
  std::string adapter;  // name of the version's folder, which says what is in it
  std::string reason;   // of a routed request
};

class ModelShelf {
 public:
  using OpenVersion = std::function<Model(const std::string& version, const Model& base)>;
  ModelShelf(const ServerOptions& server, const EngineOptions& engine, const ModelOptions& model, OpenVersion open);

  // Throws what loading throws, and ApiError when all models in memory are in use.
  Served open(const Wanted& wanted);

  struct State {
    std::string name;
    std::int64_t memory = 0;
    EngineStats stats;
  };
  std::vector<State> states() const;  // of the bases in memory
  std::int64_t waiting() const { return room_->waiting(); }

 private:
  using Pending = std::shared_future<std::shared_ptr<LoadedBase>>;
  struct Place {
    Pending base;
    std::uint64_t last_used = 0;
  };
  std::shared_ptr<LoadedBase> base(const std::string& source);
  std::vector<Pending> make_room(std::size_t bases);  // with the lock held; the result is freed without it
  std::int64_t memory() const;                        // with the lock held

  const ServerOptions& server_;
  EngineOptions engine_;
  ModelOptions model_;
  OpenVersion open_;
  std::shared_ptr<WaitingRoom> room_;
  WorkerPool loader_{1, 1000};  // one thread, so that libtorch makes its own threads for one only
  mutable std::mutex mutex_;
  std::map<std::string, Place> places_;  // by source
  std::uint64_t uses_ = 0;
};

}  // namespace pmtune::serve
