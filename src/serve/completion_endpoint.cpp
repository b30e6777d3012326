// POST /v1/completions
#include <memory>
#include <utility>

#include "model/prompt.hpp"
#include "serve/asking.hpp"
#include "serve/endpoints.hpp"
#include "serve/shapes.hpp"
#include "serve/text_requests.hpp"

namespace pmtune::serve {
namespace {

constexpr std::int64_t usual_tokens = 16;  // OpenAI's

struct Completion {
  Desk& desk;
  CompletionRequest request;
  Wanted wanted;
  std::vector<Question> questions;  // one for each prompt
  std::vector<std::string> echoes;  // what stands before the answers to it
  ReplyHead head;
  TokenBytes bytes;
  Patience patience;
  std::shared_ptr<Gate::Place> place;
};

std::vector<std::int32_t> tokens_of(const Model& model, const TextOrTokens& prompt) {
  if (const auto* text = std::get_if<std::string>(&prompt)) return model.tokenize(*text, true);
  const auto& ids = std::get<std::vector<std::int32_t>>(prompt);
  model.detokenize(ids);  // throws for one that does not exist
  return ids;
}

std::string text_of(const Model& model, const TextOrTokens& prompt) {
  if (const auto* text = std::get_if<std::string>(&prompt)) return *text;
  return model.detokenize(std::get<std::vector<std::int32_t>>(prompt));
}

std::shared_ptr<Completion> prepare(Desk& desk, const Call& call) {
  CompletionRequest request = read_completion_request(parse_body(call.body));
  const auto* first = std::get_if<std::string>(&request.prompts[0]);
  Wanted wanted = desk.catalogue.find(request.model, first ? *first : "");
  const Served served = desk.shelf.open(wanted);
  const Model model = served.model;
  const auto completion =
      std::make_shared<Completion>(Completion{desk,
                                              std::move(request),
                                              wanted,
                                              {},
                                              {},
                                              new_head("cmpl-", wanted.id, fingerprint(served)),
                                              [model](std::int32_t id) { return model::token_bytes(model, id); },
                                              call.patience,
                                              nullptr});
  for (const TextOrTokens& prompt : completion->request.prompts) {
    Question question{served, tokens_of(model, prompt), completion->request.sampling.options, true};
    if (!completion->request.sampling.has_temperature) question.options.temperature = desk.options.temperature;
    complete(question, completion->request.sampling, usual_tokens, "prompt");
    completion->questions.push_back(std::move(question));
    completion->echoes.push_back(completion->request.echo ? text_of(model, prompt) : "");
  }
  completion->place = served.base->gate->enter(call.patience);
  return completion;
}

// Calls work(prompt, answer, index among all choices) for each answer that is wanted.
template <class Work>
void for_each_answer(const Completion& completion, Work&& work) {
  const auto each = static_cast<std::size_t>(completion.request.sampling.choices);
  for (std::size_t i = 0; i < completion.questions.size(); ++i)
    for (std::size_t j = 0; j < each; ++j) work(i, j, static_cast<std::int64_t>(i * each + j));
}

Json scores_json(const Completion& completion, const std::vector<ScoredToken>& scores, std::size_t offset) {
  if (completion.request.sampling.options.logprobs < 0) return nullptr;
  return text_scores(scores, completion.bytes, offset);
}

Json answer_whole(Completion& completion) {
  Usage usage;
  Json choices = Json::array();
  for_each_answer(completion, [&](std::size_t i, std::size_t j, std::int64_t index) {
    const Generation answer =
        ask(completion.desk, completion.questions[i], static_cast<std::int64_t>(j), completion.patience);
    usage.add(answer, j == 0);
    choices.push_back(text_choice(index, completion.echoes[i] + answer.text, finish_name(answer.finish),
                                  scores_json(completion, answer.scores, 0)));
  });
  return text_reply(completion.head, std::move(choices), usage);
}

void answer_streamed(Completion& completion, EventSink& sink) {
  Usage usage;
  for_each_answer(completion, [&](std::size_t i, std::size_t j, std::int64_t index) {
    const auto send = [&](const std::string& text, Json scores, const std::string& finish) {
      Json event = text_event(completion.head, text_choice(index, text, finish, std::move(scores)));
      if (completion.request.sampling.include_usage) event["usage"] = nullptr;
      return sink.send(event.dump());
    };
    if (!completion.echoes[i].empty()) send(completion.echoes[i], nullptr, "");
    std::size_t offset = 0;
    const Generation answer = ask(completion.desk, completion.questions[i], static_cast<std::int64_t>(j),
                                  completion.patience, [&](const GenerationEvent& event) {
                                    Json scores = nullptr;
                                    if (event.score) scores = scores_json(completion, {*event.score}, offset);
                                    if (event.text.empty() && scores.is_null()) return true;
                                    offset += event.text.size();
                                    return send(std::string(event.text), std::move(scores), "");
                                  });
    send("", nullptr, finish_name(answer.finish));
    usage.add(answer, j == 0);
  });
  completion.place.reset();
  if (completion.request.sampling.include_usage)
    sink.send(usage_event(completion.head, "text_completion", usage).dump());
}

}  // namespace

Reply answer_completion(Desk& desk, const Call& call) {
  const std::shared_ptr<Completion> completion = prepare(desk, call);
  Reply reply;
  if (completion->request.sampling.stream)
    reply.stream = [completion](EventSink& sink) { send_stream(sink, [&] { answer_streamed(*completion, sink); }); };
  else
    reply = json_reply(answer_whole(*completion));
  add_headers(reply, completion->wanted);
  return reply;
}

}  // namespace pmtune::serve
