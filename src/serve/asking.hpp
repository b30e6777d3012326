// Asking a model: what chat and plain completions have in common.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "serve/endpoints.hpp"
#include "serve/sampling.hpp"

namespace pmtune::serve {

// A request that is ready to be asked, as often as it wants answers.
struct Question {
  Served served;
  std::vector<std::int32_t> prompt;
  GenerateOptions options;
  bool continues_text = false;
};

// Fills in what the request leaves open, and checks that the prompt fits. usual_tokens: where it names no number.
void complete(Question& question, const Sampling& sampling, std::int64_t usual_tokens, const char* param);

// Called with each event; false ends the answer: nobody takes it.
using OnEvent = std::function<bool(const GenerationEvent&)>;

// The answer of that number (from 0). Throws what the patience says when it is not wanted any more, and what the
// engine throws.
Generation ask(Desk& desk, const Question& question, std::int64_t number, const Patience& patience,
               const OnEvent& on_event = {});

std::string finish_name(FinishReason finish);

// The model's fingerprint, for "system_fingerprint".
std::string fingerprint(const Served& served);

// X-PMTune-Model and X-PMTune-Routing.
void add_headers(Reply& reply, const Wanted& wanted);

// Sends what the work sends, and at the end "[DONE]"; what it throws becomes an event with the error.
void send_stream(EventSink& sink, const std::function<void()>& work);

}  // namespace pmtune::serve
