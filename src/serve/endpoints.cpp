#include "serve/endpoints.hpp"

#include <algorithm>
#include <utility>

#include "base/options.hpp"

namespace pmtune::serve {
namespace {

constexpr std::string_view models_path = "/v1/models/";

struct Endpoint {
  const char* method;
  const char* path;
  Reply (*answer)(Desk&, const Call&);
};
constexpr Endpoint endpoints[] = {
    {"POST", "/v1/chat/completions", answer_chat},
    {"POST", "/v1/completions", answer_completion},
    {"POST", "/v1/embeddings", answer_embeddings},
    {"POST", "/v1/feedback", answer_feedback},
    {"GET", "/v1/models", list_models},
    {"GET", "/health", show_health},
    {"GET", "/metrics", show_metrics},
};

Json model_json(const Catalogue::Entry& entry) {
  return {{"id", entry.id}, {"object", "model"}, {"created", entry.created}, {"owned_by", entry.owner}};
}

}  // namespace

Reply answer(Desk& desk, const Call& call) {
  std::vector<std::string> paths;
  for (const Endpoint& endpoint : endpoints) {
    paths.emplace_back(endpoint.path);
    if (call.path != endpoint.path) continue;
    if (call.method == endpoint.method) return endpoint.answer(desk, call);
    throw make_error(405, "method_not_allowed", concat(call.path, " is asked with ", endpoint.method, "."));
  }
  if (call.path.starts_with(models_path) && call.method == "GET") return show_model(desk, call);
  throw make_error(404, "unknown_url",
                   concat("There is nothing at ", call.method, " ", call.path, ".", did_you_mean(call.path, paths)));
}

Reply list_models(Desk& desk, const Call&) {
  Json list = Json::array();
  for (const Catalogue::Entry& entry : desk.catalogue.list()) list.push_back(model_json(entry));
  return json_reply({{"object", "list"}, {"data", std::move(list)}});
}

Reply show_model(Desk& desk, const Call& call) {
  const std::string id = call.path.substr(models_path.size());
  for (const Catalogue::Entry& entry : desk.catalogue.list())
    if (entry.id == id) return json_reply(model_json(entry));
  desk.catalogue.find(id, "");  // says that there is none, with the nearest name
  return json_reply(model_json({id, 0, "pmtune"}));
}

Reply show_health(Desk& desk, const Call&) {
  Json models = Json::array();
  for (const ModelShelf::State& state : desk.shelf.states()) models.push_back(state.name);
  return json_reply({{"status", "ok"}, {"models_in_memory", std::move(models)}});
}

Reply show_metrics(Desk& desk, const Call&) {
  Reply reply;
  reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
  reply.body = desk.metrics.text({desk.connections(), desk.shelf.waiting(), desk.shelf.states()});
  return reply;
}

Reply answer_feedback(Desk& desk, const Call& call) {
  return json_reply(desk.feedback.take(read_feedback_request(parse_body(call.body))));
}

}  // namespace pmtune::serve
