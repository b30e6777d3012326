#include <cmath>

#include "base/utf8.hpp"
#include "serve/shapes.hpp"
#include "serve/text_requests.hpp"
#include "serve/tool_calls.hpp"
#include "target.hpp"

using namespace pmtune;
using namespace pmtune::serve;

namespace {

// A request is read, or refused with a 4xx that can be sent.
template <class Read>
auto read(const Json& body, const Read& reader) -> std::optional<decltype(reader(body))> {
  try {
    return reader(body);
  } catch (const ApiError& error) {
    fuzz::require(error.status >= 400 && error.status < 500, "a request is refused as the client's fault");
    fuzz::require(!error.message.empty() && error.message.back() == '.', "a refusal is a sentence");
    const std::string text = error_body(error).dump();  // throws for what is no UTF-8
    fuzz::require(Json::parse(text)["error"]["param"].is_string() || error.param.empty(),
                  "a refusal names the member");
    return std::nullopt;
  }
}

void check_sampling(const Sampling& sampling) {
  const GenerateOptions& options = sampling.options;
  fuzz::require(options.temperature >= 0 && options.temperature <= 2, "temperature");
  fuzz::require(options.top_p > 0 && options.top_p <= 1, "top_p");
  fuzz::require(options.max_tokens >= 1 && options.min_tokens >= 0, "numbers of tokens");
  fuzz::require(sampling.choices >= 1 && sampling.choices <= most_choices, "choices");
  fuzz::require(options.logprobs >= -1 && options.logprobs <= 20, "logprobs");
  for (const std::string& stop : options.stop) fuzz::require(!stop.empty(), "a stop text is not empty");
  if (!options.logit_bias.empty()) fuzz::require(Json::parse(options.logit_bias).is_object(), "a bias is JSON");
}

// What a model writes is taken apart alike in one piece and byte by byte, and nothing of it is lost.
void check_calls(const ChatRequest& request) {
  const std::string answer = last_question(request);
  for (const CallForm form : {CallForm::tagged, CallForm::bare}) {
    schema_of_call(request, form).dump();
    std::string whole, pieces;
    const auto add = [](std::string& text, const std::vector<ToolCallReader::Piece>& parts) {
      for (const auto& part : parts)
        text += part.call ? "{" + part.call->name + part.call->arguments + "}" : part.text;
    };
    ToolCallReader first(form, request.tools, false, false), second(form, request.tools, false, false);
    add(whole, first.add(answer));
    add(whole, first.finish());
    for (std::size_t at = 0; at < answer.size(); ++at) add(pieces, second.add(answer.substr(at, 1)));
    add(pieces, second.finish());
    fuzz::require(whole == pieces, "calls are found alike in pieces");
    if (!first.has_calls() && answer.find("<tool_call>") == std::string::npos)
      fuzz::require(whole == answer, "text stays text");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = read(Json(), [&](const Json&) { return parse_body(fuzz::as_text(data, size)); });
  if (!body) return 0;
  if (const auto chat = read(*body, read_chat_request)) {
    check_sampling(chat->sampling);
    fuzz::require(!chat->messages.empty(), "a chat has messages");
    for (const auto& message : chat->messages)
      fuzz::require(find_invalid_utf8(message.content) == std::string_view::npos, "messages are UTF-8");
    check_calls(*chat);
  }
  if (const auto completion = read(*body, read_completion_request)) check_sampling(completion->sampling);
  if (const auto embedding = read(*body, read_embedding_request)) fuzz::require(!embedding->inputs.empty(), "inputs");
  if (const auto feedback = read(*body, read_feedback_request))
    fuzz::require(feedback->rating > 0 || !feedback->correction.empty(), "feedback says something");
  return 0;
}
