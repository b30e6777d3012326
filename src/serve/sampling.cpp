#include "serve/sampling.hpp"

#include <algorithm>

namespace pmtune::serve {
namespace {

constexpr std::size_t most_stops = 64, longest_stop = 1000, most_biases = 1024;
constexpr std::int64_t most_tokens = 1048576;

std::vector<std::string> read_stops(const Members& request) {
  const Json* stop = request.find("stop");
  std::vector<std::string> stops;
  if (!stop) return stops;
  const auto add = [&](const Json& text) {
    if (!text.is_string()) request.wrong("stop", "a text or a list of texts", *stop);
    stops.push_back(text.get<std::string>());
    if (stops.back().empty()) refuse("stop", "\"stop\" holds an empty text, which would end every answer at once.");
    if (stops.back().size() > longest_stop)
      refuse("stop", "A text in \"stop\" is longer than ", longest_stop, " bytes; use a shorter one.");
  };
  if (stop->is_array()) {
    if (stop->size() > most_stops) refuse("stop", "\"stop\" may hold up to ", most_stops, " texts.");
    for (const Json& text : *stop) add(text);
  } else {
    add(*stop);
  }
  return stops;
}

// As GenerateOptions takes it: the object as text.
std::string read_bias(const Members& request) {
  const Json* bias = request.object("logit_bias");
  if (!bias || bias->empty()) return "";
  if (bias->size() > most_biases) refuse("logit_bias", "\"logit_bias\" may name up to ", most_biases, " tokens.");
  for (const auto& [token, value] : bias->items()) {
    const bool is_number = !token.empty() && token.size() < 10 &&
                           std::all_of(token.begin(), token.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number)
      refuse("logit_bias", "\"logit_bias\" must map numbers of tokens to what is added to their scores.");
    if (!value.is_number() || !(value.get<double>() >= -100 && value.get<double>() <= 100))
      refuse("logit_bias", "\"logit_bias\" must add -100 to 100 to the score of token ", token, ".");
  }
  return bias->dump();
}

template <class Value>
bool take(Value& target, const std::optional<Value>& given) {
  if (given) target = *given;
  return given.has_value();
}

}  // namespace

Sampling read_sampling(const Members& request) {
  Sampling sampling;
  GenerateOptions& options = sampling.options;
  sampling.has_temperature = take(options.temperature, request.number("temperature", 0, 2));
  take(options.top_p, request.number("top_p", 0, 1));
  options.top_p = std::max(options.top_p, 1e-6);  // 0 means the likeliest token alone
  sampling.has_max_tokens = take(options.max_tokens, request.integer("max_tokens", 1, most_tokens));
  sampling.has_max_tokens |= take(options.max_tokens, request.integer("max_completion_tokens", 1, most_tokens));
  const auto seed = request.integer("seed", INT64_MIN, INT64_MAX);
  if (seed) options.seed = static_cast<std::uint64_t>(*seed);
  sampling.has_seed = seed.has_value();
  options.stop = read_stops(request);
  take(options.frequency_penalty, request.number("frequency_penalty", -2, 2));
  take(options.presence_penalty, request.number("presence_penalty", -2, 2));
  options.logit_bias = read_bias(request);
  // Not OpenAI's, but what other local servers take.
  take(options.top_k, request.integer("top_k", 0, 1'000'000));
  take(options.min_p, request.number("min_p", 0, 1));
  take(options.repetition_penalty, request.number("repetition_penalty", 0.01, 10));
  take(options.min_tokens, request.integer("min_tokens", 0, most_tokens));

  sampling.choices = request.integer("n", 1, most_choices).value_or(1);
  sampling.stream = request.flag("stream").value_or(false);
  if (const Json* stream_options = request.object("stream_options"))
    sampling.include_usage = Members(*stream_options, "stream_options").flag("include_usage").value_or(false);
  return sampling;
}

}  // namespace pmtune::serve
