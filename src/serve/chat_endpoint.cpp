// POST /v1/chat/completions
#include <memory>
#include <utility>

#include "model/prompt.hpp"
#include "serve/asking.hpp"
#include "serve/chat_request.hpp"
#include "serve/endpoints.hpp"
#include "serve/shapes.hpp"

namespace pmtune::serve {
namespace {

// One request from the moment that its model is open; a stream outlives the function that made it.
struct Chat {
  Desk& desk;
  ChatRequest request;
  Wanted wanted;
  Question question;
  CallForm form = CallForm::tagged;
  ReplyHead head;
  TokenBytes bytes;
  Patience patience;
  std::shared_ptr<Gate::Place> place;

  bool must_call() const { return request.choice == ChatRequest::Choice::required; }
  ToolCallReader reader() const { return ToolCallReader(form, request.tools, must_call(), request.one_call); }
  // OpenAI's rule: a call that was demanded by name is no decision of the model's.
  std::string finish(const Generation& answer, bool has_calls) const {
    if (!has_calls || answer.finish != FinishReason::stop) return finish_name(answer.finish);
    return request.only_tool.empty() ? "tool_calls" : "stop";
  }
};

// Who asks as the model was taught gets what it was taught.
void add_taught_system(ChatRequest& request, const Model& model) {
  const auto record = model.training_record();
  if (request.has_system || !record || record->system.empty()) return;
  request.messages.insert(request.messages.begin(), {"system", record->system});
}

model::ChatPrompt render(const Model& model, const ChatRequest& request) {
  try {
    return model::chat_prompt(model, request.messages, request.tools_json);
  } catch (const Error& error) {
    // A template that could be read and still fails has been given what it cannot bear: too much, or turns in an order
    // that it refuses.
    if (error.code() == Code::corrupt || error.code() == Code::invalid_argument) refuse("messages", error.what());
    throw;
  }
}

void make_prompt(Chat& chat) {
  ChatRequest& request = chat.request;
  const Model& model = chat.question.served.model;
  model::ChatPrompt prompt = render(model, request);
  if (request.tools_json && !prompt.has_tools)
    refuse("tools", "The chat template of the model ", chat.wanted.id,
           " has no place for tools; leave \"tools\" out, or use a model that was made for them.");
  chat.question.prompt = std::move(prompt.ids);
  chat.question.options = request.sampling.options;
  if (!request.tools_json) return;
  chat.form = call_form(prompt.text);
  if (!chat.must_call()) return;
  const std::vector<std::int32_t> begun = model::answer_beginning(model, beginning_of_call(chat.form));
  chat.question.prompt.insert(chat.question.prompt.end(), begun.begin(), begun.end());
  chat.question.options.response = "json";
  chat.question.options.json_schema = schema_of_call(request, chat.form).dump();
}

std::shared_ptr<Chat> prepare(Desk& desk, const Call& call) {
  ChatRequest request = read_chat_request(parse_body(call.body));
  Wanted wanted = desk.catalogue.find(request.model, last_question(request));
  Served served = desk.shelf.open(wanted);
  const Model model = served.model;
  const auto chat = std::make_shared<Chat>(
      Chat{desk, std::move(request), wanted, Question{std::move(served), {}, {}, false}, CallForm::tagged,
           ReplyHead{}, [model](std::int32_t id) { return model::token_bytes(model, id); }, call.patience, nullptr});
  add_taught_system(chat->request, model);
  make_prompt(*chat);
  if (!chat->request.sampling.has_temperature) chat->question.options.temperature = desk.options.temperature;
  complete(chat->question, chat->request.sampling, desk.options.max_tokens, "messages");
  chat->head = new_head("chatcmpl-", wanted.id, fingerprint(chat->question.served));
  chat->place = chat->question.served.base->gate->enter(call.patience);
  return chat;
}

void remember(Chat& chat, std::string text) {
  GivenAnswer given{chat.head.id, chat.wanted.id, {}, std::move(text), chat.request.is_plain};
  for (const text::ChatMessage& message : chat.request.messages)
    given.messages.push_back({message.role, message.content, 1});
  chat.desk.feedback.remember(std::move(given));
}

Json answer_whole(Chat& chat) {
  Usage usage;
  Json choices = Json::array();
  for (std::int64_t i = 0; i < chat.request.sampling.choices; ++i) {
    const Generation answer = ask(chat.desk, chat.question, i, chat.patience);
    usage.add(answer, i == 0);
    std::string text = answer.text;
    std::vector<ToolCall> calls;
    if (chat.request.tools_json) {
      ToolCallReader reader = chat.reader();
      text.clear();
      for (auto pieces : {reader.add(answer.text), reader.finish()})
        for (ToolCallReader::Piece& piece : pieces) {
          text += piece.text;
          if (piece.call) calls.push_back(std::move(*piece.call));
        }
    }
    Json scores = chat.request.logprobs ? chat_scores(answer.scores, chat.bytes) : Json(nullptr);
    choices.push_back(chat_choice(i, text, calls, chat.finish(answer, !calls.empty()), std::move(scores)));
    if (i == 0) remember(chat, answer.text);
  }
  return chat_reply(chat.head, std::move(choices), usage);
}

// The events of one answer.
class Streamer {
 public:
  Streamer(Chat& chat, EventSink& sink, std::int64_t index)
      : chat_(chat), sink_(sink), index_(index), reader_(chat.reader()) {}

  bool begin() { return send({{"role", "assistant"}, {"content", ""}, {"refusal", nullptr}}); }

  bool on_token(const GenerationEvent& event) {
    Json scores = nullptr;
    if (event.score && chat_.request.logprobs) scores = chat_scores({*event.score}, chat_.bytes);
    if (!chat_.request.tools_json) return put_text(std::string(event.text), std::move(scores));
    return put(reader_.add(event.text), std::move(scores));
  }
  bool end(const Generation& answer) {
    if (chat_.request.tools_json) put(reader_.finish(), nullptr);
    return send(Json::object(), nullptr, chat_.finish(answer, reader_.has_calls()));
  }

 private:
  bool send(Json delta, Json scores = nullptr, const std::string& finish = "") {
    Json event = chat_event(chat_.head, index_, std::move(delta), std::move(scores), finish);
    if (chat_.request.sampling.include_usage) event["usage"] = nullptr;
    return sink_.send(event.dump());
  }
  bool put_text(std::string text, Json scores) {
    if (text.empty() && scores.is_null()) return true;
    return send({{"content", std::move(text)}}, std::move(scores));
  }
  bool put(std::vector<ToolCallReader::Piece> pieces, Json scores) {
    bool is_taken = true;
    if (pieces.empty()) return put_text("", std::move(scores));
    for (ToolCallReader::Piece& piece : pieces) {
      is_taken = piece.call ? send(call_delta(calls_++, *piece.call), std::move(scores))
                            : put_text(std::move(piece.text), std::move(scores));
      scores = nullptr;
    }
    return is_taken;
  }

  Chat& chat_;
  EventSink& sink_;
  std::int64_t index_;
  ToolCallReader reader_;
  std::size_t calls_ = 0;
};

void answer_streamed(Chat& chat, EventSink& sink) {
  Usage usage;
  for (std::int64_t i = 0; i < chat.request.sampling.choices; ++i) {
    Streamer streamer(chat, sink, i);
    streamer.begin();
    const Generation answer = ask(chat.desk, chat.question, i, chat.patience,
                                  [&](const GenerationEvent& event) { return streamer.on_token(event); });
    streamer.end(answer);
    usage.add(answer, i == 0);
    if (i == 0) remember(chat, answer.text);
  }
  chat.place.reset();
  if (chat.request.sampling.include_usage) sink.send(usage_event(chat.head, "chat.completion.chunk", usage).dump());
}

}  // namespace

Reply answer_chat(Desk& desk, const Call& call) {
  const std::shared_ptr<Chat> chat = prepare(desk, call);
  Reply reply;
  if (chat->request.sampling.stream)
    reply.stream = [chat](EventSink& sink) { send_stream(sink, [&] { answer_streamed(*chat, sink); }); };
  else
    reply = json_reply(answer_whole(*chat));
  add_headers(reply, chat->wanted);
  return reply;
}

}  // namespace pmtune::serve
