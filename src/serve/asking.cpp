#include "serve/asking.hpp"

#include <algorithm>
#include <random>

#include "base/log.hpp"
#include "base/sha256.hpp"

namespace pmtune::serve {

void complete(Question& question, const Sampling& sampling, std::int64_t usual_tokens, const char* param) {
  GenerateOptions& options = question.options;
  if (!sampling.has_seed && options.temperature > 0) {
    std::random_device chance;
    options.seed = (std::uint64_t{chance()} << 32) | chance();
  }
  const std::int64_t room = question.served.base->engine.context_length();
  const auto tokens = static_cast<std::int64_t>(question.prompt.size());
  if (tokens >= room) {
    ApiError error = make_error(400, "context_length_exceeded",
                                concat("The prompt has ", tokens, " tokens, but this model can hold only ", room,
                                       " with its answer; shorten it or leave out older messages."));
    error.param = param;
    throw error;
  }
  if (!sampling.has_max_tokens) options.max_tokens = usual_tokens;
  options.max_tokens = std::min(options.max_tokens, room - tokens);
}

Generation ask(Desk& desk, const Question& question, std::int64_t number, const Patience& patience,
               const OnEvent& on_event) {
  using State = Patience::State;
  GenerateOptions options = question.options;
  options.seed += static_cast<std::uint64_t>(number);
  State state = State::wanted;
  const GenerationCallback callback = [&](const GenerationEvent& event) {
    if (on_event && !on_event(event)) state = State::gone;
    if (state == State::wanted) state = patience.state();
    return state == State::wanted ? Control::resume : Control::stop;
  };
  const Generation answer = question.served.base->engine.generate_ids(question.served.model, question.prompt, options,
                                                                      callback, question.continues_text);
  desk.metrics.count_answer(answer);
  if (state == State::wanted) return answer;
  desk.metrics.count_cancelled();
  throw patience.error(state);
}

std::string finish_name(FinishReason finish) { return finish == FinishReason::stop ? "stop" : "length"; }

std::string fingerprint(const Served& served) {
  const ModelInfo& info = served.model.info();
  return "fp_" + sha256_of(concat(served.id, "|", info.source, "|", info.weights, "|", info.device)).substr(0, 12);
}

void add_headers(Reply& reply, const Wanted& wanted) {
  const auto plain = [](std::string text) {
    for (char& c : text)
      if (c < 0x20 || c > 0x7E) c = '?';
    return text;
  };
  reply.headers.emplace_back("X-PMTune-Model", plain(wanted.id));
  if (!wanted.reason.empty()) reply.headers.emplace_back("X-PMTune-Routing", plain(wanted.reason));
}

void send_stream(EventSink& sink, const std::function<void()>& work) {
  ApiError error;
  try {
    work();
    sink.send("[DONE]");
    return;
  } catch (const ApiError& thrown) {
    error = thrown;
  } catch (const Error& thrown) {
    error = from_library(thrown);
  } catch (const std::exception& thrown) {
    log(LogLevel::error, concat("An answer broke off: ", thrown.what()));
    error = make_error(500, "internal", "Something unexpected happened in the server; please report it.");
  }
  sink.send(error_body(error).dump());
}

}  // namespace pmtune::serve
