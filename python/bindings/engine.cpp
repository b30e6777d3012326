// Engine: many answers at once.
#include <pmtune/engine.hpp>

#include "callbacks.hpp"
#include "convert.hpp"
#include "generation.hpp"
#include "options.hpp"

namespace pmtune::python {

py::dict to_dict(const ScoredToken& token) {
  py::list top;
  for (const TokenScore& one : token.top) top.append(py::dict("id"_a = one.id, "logprob"_a = one.logprob));
  return py::dict("id"_a = token.id, "logprob"_a = token.logprob, "top"_a = top);
}

py::object generation_of(const Generation& answer) {
  py::list scores;
  for (const ScoredToken& token : answer.scores) scores.append(to_dict(token));
  return py::module_::import("pmtune._records")
      .attr("Generation")("text"_a = text(answer.text), "ids"_a = answer.ids, "finish"_a = to_string(answer.finish),
                          "prompt_tokens"_a = answer.prompt_tokens, "prompt_seconds"_a = answer.prompt_seconds,
                          "seconds"_a = answer.seconds, "cached_tokens"_a = answer.cached_tokens,
                          "guessed_tokens"_a = answer.guessed_tokens, "scores"_a = scores);
}

namespace {

Generation generate(const Engine& engine, const Model& model, const py::object& prompt, const py::object& on_token,
                    const GenerateOptions& options) {
  const TokenCallback callback = token_callback(on_token);
  const GenerationCallback on_event = [&](const GenerationEvent& event) { return callback(event.text); };
  if (py::isinstance<py::str>(prompt)) {
    const auto words = prompt.cast<std::string>();
    return without_gil(
        [&] { return engine.generate_ids(model, model.tokenize(words, true), options, on_event, true); });
  }
  const std::vector<Message> messages = messages_of(prompt);
  return without_gil([&] { return engine.generate(model, messages, options, on_event); });
}

py::dict stats_of(const EngineStats& s) {
  return py::dict("running"_a = s.running, "waiting"_a = s.waiting, "answers"_a = s.answers,
                  "prompt_tokens"_a = s.prompt_tokens, "cached_tokens"_a = s.cached_tokens,
                  "written_tokens"_a = s.written_tokens, "guessed_tokens"_a = s.guessed_tokens,
                  "cache_capacity"_a = s.cache_capacity, "cache_used"_a = s.cache_used, "cache_kept"_a = s.cache_kept,
                  "cache_bytes"_a = s.cache_bytes, "kernels"_a = s.kernels);
}

}  // namespace

void bind_engine(py::module_& module) {
  auto type = public_class<Engine>(
      module, "Engine",
      "Engine(model, *, batch_size=8, context_length=0, cache_memory=None, cache_precision='auto', "
      "queue_length=256,\n"
      "speculation=True, prefix_cache=True)\n--\n\n"
      "Many answers at once from one base model and any of its adapters: call generate from any number of threads.");
  type.def(py::init([](const Model& model, const py::kwargs& named) {
             const auto options = with_options(EngineOptions{}, named);
             return without_gil([&] { return std::make_unique<Engine>(model, options); });
           }),
           "model"_a);
  type.def(
      "generate",
      [](const Engine& self, const Model& model, const py::object& prompt, const py::object& on_token,
         const py::kwargs& named) {
        return generation_of(generate(self, model, prompt, on_token, with_options(GenerateOptions{}, named)));
      },
      "model"_a, "prompt"_a, py::kw_only(), "on_token"_a = py::none(),
      "generate($self, model, prompt, *, on_token=None, **options)\n--\n\n"
      "As model.generate(), worked on together with the requests of other threads. model: the engine's own, or one\n"
      "with an adapter on the same base. Waits until the answer is complete.");
  type.def(
      "generate_ids",
      [](const Engine& self, const Model& model, const std::vector<std::int32_t>& prompt, const py::object& on_token,
         bool continues_text, const py::kwargs& named) {
        const auto options = with_options(GenerateOptions{}, named);
        const TokenCallback callback = token_callback(on_token);
        const GenerationCallback on_event = [&](const GenerationEvent& event) { return callback(event.text); };
        return generation_of(
            without_gil([&] { return self.generate_ids(model, prompt, options, on_event, continues_text); }));
      },
      "model"_a, "prompt"_a, py::kw_only(), "on_token"_a = py::none(), "continues_text"_a = false,
      "generate_ids($self, model, prompt, *, on_token=None, continues_text=False, **options)\n--\n\n"
      "The same of token ids as they stand. continues_text: the answer goes on in the middle of a text.");
  type.def(
      "generate_several",
      [](const Engine& self, const Model& model, const py::object& messages, std::int64_t count,
         const py::kwargs& named) {
        const auto options = with_options(GenerateOptions{}, named);
        const std::vector<Message> conversation = messages_of(messages);
        py::list answers;
        for (const Generation& answer :
             without_gil([&] { return self.generate_several(model, conversation, count, options); }))
          answers.append(generation_of(answer));
        return answers;
      },
      "model"_a, "messages"_a, "count"_a,
      "generate_several($self, model, messages, count, **options)\n--\n\n"
      "Several answers with the seeds seed, seed + 1, ..., the likeliest first (by the mean of its scores).");
  type.def(
      "stats", [](const Engine& self) { return stats_of(self.stats()); },
      "stats($self)\n--\n\nHow many answers run and wait, tokens so far, and what the cache holds.");
  type.def_property_readonly("context_length", &Engine::context_length,
                             "The most tokens of a prompt with its answer.");
}

}  // namespace pmtune::python
