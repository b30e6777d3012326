#include "serve/model_shelf.hpp"

#include <chrono>
#include <filesystem>
#include <utility>

#include "base/fail.hpp"

namespace pmtune::serve {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_adapters = 64;  // of a base; they are small, and reading one again is quick

// One name for one file.
std::string key_of(const std::string& source) {
  std::error_code error;
  if (!fs::exists(source, error)) return source;
  const fs::path path = fs::canonical(source, error);
  return error ? source : path.string();
}

bool is_ready(const std::shared_future<std::shared_ptr<LoadedBase>>& base) {
  return base.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

}  // namespace

ModelShelf::ModelShelf(const ServerOptions& server, const EngineOptions& engine, const ModelOptions& model,
                       OpenVersion open)
    : server_(server),
      engine_(engine),
      model_(model),
      open_(std::move(open)),
      room_(std::make_shared<WaitingRoom>(server.queue_length)) {}

Served ModelShelf::open(const Wanted& wanted) {
  const std::shared_ptr<LoadedBase> loaded = base(wanted.source);
  if (wanted.version.empty()) return {loaded, loaded->model, wanted.id};
  // Two that ask for a new version at once: the second waits, and finds it.
  const std::lock_guard lock(loaded->mutex);
  auto found = loaded->adapters.find(wanted.adapter);
  if (found == loaded->adapters.end()) {
    const Model opened = open_(wanted.version, loaded->model.base());
    if (loaded->adapters.size() >= most_adapters) loaded->adapters.clear();
    found = loaded->adapters.emplace(wanted.adapter, opened).first;
  }
  return {loaded, found->second, wanted.id};
}

std::shared_ptr<LoadedBase> ModelShelf::base(const std::string& source) {
  const std::string key = key_of(source);
  std::promise<std::shared_ptr<LoadedBase>> promise;
  std::vector<Pending> removed;
  {
    std::unique_lock lock(mutex_);
    if (const auto found = places_.find(key); found != places_.end()) {
      found->second.last_used = ++uses_;
      const Pending pending = found->second.base;
      lock.unlock();
      return pending.get();  // waits while another request loads it; throws what that threw
    }
    removed = make_room(static_cast<std::size_t>(server_.max_models) - 1);
    places_[key] = {promise.get_future().share(), ++uses_};
  }
  removed.clear();
  try {
    const auto loaded =
        loader_.call([&] { return std::make_shared<LoadedBase>(Model::load(source, model_), engine_, room_); });
    promise.set_value(loaded);
    const std::lock_guard lock(mutex_);
    if (server_.model_memory.bytes > 0)
      while (memory() > server_.model_memory.bytes && places_.size() > 1) {
        // What is in use stays: the limit holds again when it is not.
        const std::size_t before = places_.size();
        try {
          for (Pending& pending : make_room(places_.size() - 1)) removed.push_back(std::move(pending));
        } catch (const ApiError&) {
        }
        if (places_.size() == before) break;
      }
    return loaded;
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      places_.erase(key);  // the next request tries anew
    }
    promise.set_exception(std::current_exception());
    throw;
  }
}

std::vector<ModelShelf::Pending> ModelShelf::make_room(std::size_t bases) {
  std::vector<Pending> removed;
  while (places_.size() > bases) {
    auto oldest = places_.end();
    for (auto at = places_.begin(); at != places_.end(); ++at) {
      // Two hold it then: the future, and this look at it.
      const bool is_unused = is_ready(at->second.base) && at->second.base.get().use_count() == 1;
      if (is_unused && (oldest == places_.end() || at->second.last_used < oldest->second.last_used)) oldest = at;
    }
    if (oldest == places_.end())
      throw make_error(429, "rate_limit_exceeded",
                       concat("All ", places_.size(),
                              " models that may be in memory are in use; try again soon, or start the server with a "
                              "larger max_models."));
    removed.push_back(std::move(oldest->second.base));
    places_.erase(oldest);
  }
  return removed;
}

std::int64_t ModelShelf::memory() const {
  std::int64_t sum = 0;
  for (const auto& [source, place] : places_)
    if (is_ready(place.base)) {
      const LoadedBase& loaded = *place.base.get();
      sum += loaded.model.info().memory + loaded.engine.stats().cache_bytes;
    }
  return sum;
}

std::vector<ModelShelf::State> ModelShelf::states() const {
  std::vector<std::shared_ptr<LoadedBase>> bases;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [source, place] : places_)
      if (is_ready(place.base)) bases.push_back(place.base.get());
  }
  std::vector<State> states;
  for (const auto& loaded : bases) {
    State state{loaded->model.info().name, loaded->model.info().memory, loaded->engine.stats()};
    // The engine knows those that were let in; the gate's are what clients see.
    state.stats.running = loaded->gate->running();
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace pmtune::serve
