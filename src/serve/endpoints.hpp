// What is answered under which path. Each function takes a request whole and returns a reply, or throws.
#pragma once

#include <functional>
#include <memory>
#include <pmtune/server.hpp>

#include "serve/catalogue.hpp"
#include "serve/exchange.hpp"
#include "serve/feedback.hpp"
#include "serve/metrics.hpp"
#include "serve/model_shelf.hpp"

namespace pmtune::serve {

// What the endpoints stand on; outlives all requests.
struct Desk {
  const ServerOptions& options;
  Catalogue& catalogue;
  ModelShelf& shelf;
  Feedback& feedback;
  Metrics& metrics;
  WorkerPool& measuring;  // one thread for what runs libtorch beside the engines
  std::function<std::size_t()> connections;
};

Reply answer_chat(Desk& desk, const Call& call);
Reply answer_completion(Desk& desk, const Call& call);
Reply answer_embeddings(Desk& desk, const Call& call);
Reply answer_feedback(Desk& desk, const Call& call);
Reply list_models(Desk& desk, const Call& call);
Reply show_model(Desk& desk, const Call& call);
Reply show_health(Desk& desk, const Call& call);
Reply show_metrics(Desk& desk, const Call& call);

// The one that the path asks for. Throws ApiError: 404, 405.
Reply answer(Desk& desk, const Call& call);

}  // namespace pmtune::serve
