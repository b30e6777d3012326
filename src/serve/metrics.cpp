#include "serve/metrics.hpp"

#include "base/fail.hpp"

namespace pmtune::serve {
namespace {

// Paths come from outside: whoever asks for many must not fill the memory.
std::string known_path(const std::string& path) {
  for (const char* known : {"/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/models", "/v1/feedback",
                            "/health", "/metrics"})
    if (path == known) return path;
  return path.starts_with("/v1/models/") ? "/v1/models/{id}" : "other";
}

class Page {
 public:
  void describe(const char* name, const char* kind, const char* help) {
    text += concat("# HELP pmtune_", name, " ", help, "\n# TYPE pmtune_", name, " ", kind, "\n");
  }
  template <class Number>
  void put(const std::string& name, const std::string& labels, Number value) {
    text += concat("pmtune_", name, labels.empty() ? "" : "{" + labels + "}", " ", value, "\n");
  }
  template <class Number>
  void one(const char* name, const char* kind, const char* help, Number value) {
    describe(name, kind, help);
    put(name, "", value);
  }
  std::string text;
};

std::string label(const char* name, const std::string& value) {
  std::string out = concat(name, "=\"");
  for (const char c : value) {
    if (c == '\n')
      out += "\\n";
    else if (c == '"' || c == '\\')
      (out += '\\') += c;
    else
      out += c;
  }
  return out + '"';
}

}  // namespace

void Metrics::count_request(const std::string& path, int status, double seconds) {
  const std::string known = known_path(path);
  const std::lock_guard lock(mutex_);
  ++requests_[{known, status}];
  Times& times = times_[known];
  for (std::size_t i = 0; i < bounds.size(); ++i) times.up_to[i] += seconds <= bounds[i];
  ++times.count;
  times.sum += seconds;
}

void Metrics::count_answer(const Generation& answer) {
  const std::lock_guard lock(mutex_);
  prompt_tokens_ += answer.prompt_tokens;
  cached_tokens_ += answer.cached_tokens;
  written_tokens_ += static_cast<std::int64_t>(answer.ids.size());
}

void Metrics::count_cancelled() {
  const std::lock_guard lock(mutex_);
  ++cancelled_;
}

std::string Metrics::text(const Now& now) const {
  const std::lock_guard lock(mutex_);
  Page page;
  page.describe("requests_total", "counter", "Requests that were answered, by path and HTTP status.");
  for (const auto& [key, count] : requests_)
    page.put("requests_total", label("path", key.first) + "," + label("status", std::to_string(key.second)), count);
  page.describe("request_seconds", "histogram", "From the request's beginning to the end of its answer.");
  for (const auto& [path, times] : times_) {
    const std::string of_path = label("path", path);
    for (std::size_t i = 0; i < bounds.size(); ++i)
      page.put("request_seconds_bucket", of_path + "," + label("le", concat(bounds[i])), times.up_to[i]);
    page.put("request_seconds_bucket", of_path + ",le=\"+Inf\"", times.count);
    page.put("request_seconds_sum", of_path, times.sum);
    page.put("request_seconds_count", of_path, times.count);
  }
  page.one("prompt_tokens_total", "counter", "Tokens of prompts.", prompt_tokens_);
  page.one("cached_tokens_total", "counter", "Tokens of prompts that were known from earlier answers.",
           cached_tokens_);
  page.one("written_tokens_total", "counter", "Tokens of answers.", written_tokens_);
  page.one("cancelled_total", "counter", "Answers that ended because nobody waited for them any more.", cancelled_);
  page.one("connections", "gauge", "Connections that are being served.", now.connections);
  page.one("requests_waiting", "gauge", "Requests that wait for their turn.", now.waiting);
  page.describe("requests_running", "gauge", "Answers that are being written, by base model.");
  for (const auto& model : now.models) page.put("requests_running", label("model", model.name), model.stats.running);
  page.describe("model_bytes", "gauge", "Memory of base models and their caches.");
  for (const auto& model : now.models)
    page.put("model_bytes", label("model", model.name), model.memory + model.stats.cache_bytes);
  page.describe("cache_tokens", "gauge", "Tokens whose keys and values are kept.");
  for (const auto& model : now.models) {
    page.put("cache_tokens", label("model", model.name) + ",state=\"used\"", model.stats.cache_used);
    page.put("cache_tokens", label("model", model.name) + ",state=\"kept\"", model.stats.cache_kept);
  }
  return page.text;
}

}  // namespace pmtune::serve
