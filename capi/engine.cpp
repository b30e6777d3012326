#include "answering.hpp"
#include "guard.hpp"
#include "records.hpp"

using namespace pmtune;
using namespace pmtune::capi;

struct pmt_engine {
  Engine engine;
};

namespace {

GenerationCallback event_callback(pmt_token_fn on_token, void* user_data) {
  if (!on_token) return {};
  return [=](const GenerationEvent& event) { return control_of(on_token(view_of(event.text), user_data)); };
}

Json json_of(const EngineStats& s) {
  return {{"running", s.running},
          {"waiting", s.waiting},
          {"answers", s.answers},
          {"prompt_tokens", s.prompt_tokens},
          {"cached_tokens", s.cached_tokens},
          {"written_tokens", s.written_tokens},
          {"guessed_tokens", s.guessed_tokens},
          {"cache_capacity", s.cache_capacity},
          {"cache_used", s.cache_used},
          {"cache_kept", s.cache_kept},
          {"cache_bytes", s.cache_bytes},
          {"kernels", s.kernels}};
}

}  // namespace

pmt_status pmt_engine_create(const pmt_model* model, const pmt_engine_options* options, pmt_engine** out,
                             pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    *out = new pmt_engine{Engine(require(model, "model").model, read_options(options))};
  });
}

pmt_status pmt_engine_generate(const pmt_engine* engine, const pmt_model* model, const pmt_message* messages,
                               size_t count, const pmt_generate_options* options, pmt_token_fn on_token,
                               void* user_data, pmt_destroy_fn destroy, pmt_buffer** out, pmt_generation* about,
                               pmt_error** err) noexcept {
  const UserData owner(user_data, destroy);
  return guard(err, [&] {
    generate(out, about, [&] {
      const Engine& asked = require(engine, "engine").engine;
      return asked.generate(require(model, "model").model, messages_of(messages, count), read_options(options),
                            event_callback(on_token, user_data));
    });
  });
}

pmt_status pmt_engine_generate_ids(const pmt_engine* engine, const pmt_model* model, const int32_t* ids, size_t count,
                                   int32_t continues_text, const pmt_generate_options* options, pmt_token_fn on_token,
                                   void* user_data, pmt_destroy_fn destroy, pmt_buffer** out, pmt_generation* about,
                                   pmt_error** err) noexcept {
  const UserData owner(user_data, destroy);
  return guard(err, [&] {
    generate(out, about, [&] {
      const Engine& asked = require(engine, "engine").engine;
      return asked.generate_ids(require(model, "model").model, ids_of(ids, count), read_options(options),
                                event_callback(on_token, user_data), flag_of(continues_text, "continues_text"));
    });
  });
}

pmt_status pmt_engine_stats(const pmt_engine* engine, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, json_of(require(engine, "engine").engine.stats()));
  });
}

void pmt_engine_free(pmt_engine* engine) noexcept { delete engine; }
