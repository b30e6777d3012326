#include "serve/text_requests.hpp"

#include <utility>

namespace pmtune::serve {
namespace {

constexpr std::size_t most_inputs = 256;

std::vector<std::int32_t> read_tokens(const Json& list, const std::string& where) {
  std::vector<std::int32_t> tokens;
  for (const Json& token : list) {
    const bool fits = token.is_number_integer() && token.get<std::int64_t>() >= 0 &&
                      token.get<std::int64_t>() <= INT32_MAX && (!token.is_number_unsigned() || token <= INT32_MAX);
    if (!fits) refuse(where, "\"", where, "\" holds something else among numbers of tokens.");
    tokens.push_back(token.get<std::int32_t>());
  }
  return tokens;
}

// A text, texts, the tokens of a text, or those of several.
std::vector<TextOrTokens> read_inputs(const Members& body, const char* name) {
  const Json& given = body.need(name);
  std::vector<TextOrTokens> inputs;
  if (given.is_string()) {
    inputs.emplace_back(given.get<std::string>());
  } else if (given.is_array() && !given.empty() && given[0].is_number()) {
    inputs.emplace_back(read_tokens(given, name));
  } else if (given.is_array()) {
    if (given.empty()) refuse(name, "\"", name, "\" is empty; send a text.");
    if (given.size() > most_inputs) refuse(name, "\"", name, "\" may hold up to ", most_inputs, " texts.");
    for (const Json& item : given) {
      if (item.is_string())
        inputs.emplace_back(item.get<std::string>());
      else if (item.is_array())
        inputs.emplace_back(read_tokens(item, name));
      else
        body.wrong(name, "a text, a list of texts, or numbers of tokens", item);
    }
  } else {
    body.wrong(name, "a text, a list of texts, or numbers of tokens", given);
  }
  for (const TextOrTokens& input : inputs)
    if (std::visit([](const auto& text) { return text.empty(); }, input))
      refuse(name, "\"", name, "\" holds an empty text.");
  return inputs;
}

std::int64_t read_rating(const Members& body) {
  const Json* rating = body.find("rating");
  if (!rating) return 0;
  if (*rating == "up") return 5;
  if (*rating == "down") return 1;
  if (!rating->is_number_integer()) body.wrong("rating", "a whole number from 1 to 5, \"up\" or \"down\"", *rating);
  return *body.integer("rating", 1, 5);
}

}  // namespace

CompletionRequest read_completion_request(const Json& json) {
  const Members body(json, "");
  CompletionRequest request;
  request.model = body.need_text("model");
  request.prompts = read_inputs(body, "prompt");
  request.sampling = read_sampling(body);
  request.echo = body.flag("echo").value_or(false);
  if (const auto logprobs = body.integer("logprobs", 0, 20)) request.sampling.options.logprobs = *logprobs;
  if (body.integer("best_of", 1, most_choices).value_or(request.sampling.choices) != request.sampling.choices)
    refuse("best_of", "\"best_of\" is not known here; use \"n\" and choose among the answers.");
  if (const auto suffix = body.text("suffix"); suffix && !suffix->empty())
    refuse("suffix", "\"suffix\" cannot be served; put the text into \"prompt\" as the model expects it.");
  if (request.echo && request.sampling.options.logprobs >= 0)
    refuse("echo", "\"echo\" does not go together with \"logprobs\" here; leave one of them out.");
  return request;
}

EmbeddingRequest read_embedding_request(const Json& json) {
  const Members body(json, "");
  EmbeddingRequest request;
  request.model = body.need_text("model");
  request.inputs = read_inputs(body, "input");
  request.dimensions = body.integer("dimensions", 1, 1'000'000).value_or(0);
  const std::string format = body.text("encoding_format").value_or("float");
  if (format != "float" && format != "base64")
    refuse("encoding_format", "\"encoding_format\" must be \"float\" or \"base64\", not \"", format, "\".");
  request.base64 = format == "base64";
  return request;
}

FeedbackRequest read_feedback_request(const Json& json) {
  const Members body(json, "");
  FeedbackRequest request;
  request.id = body.need_text("id");
  request.rating = read_rating(body);
  request.correction = body.text("correction").value_or("");
  request.author = body.text("author").value_or("");
  if (request.rating == 0 && request.correction.empty())
    refuse("rating", "There is neither a \"rating\" nor a \"correction\"; send one of them.");
  return request;
}

}  // namespace pmtune::serve
