#include "preview/readings.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "model/guard.hpp"
#include "model/impl.hpp"
#include "model/loss.hpp"

namespace pmtune::preview {
namespace {

bool is_taught(const Message& message) { return message.role == "assistant" && message.weight != 0; }

std::vector<float> losses_of(const Model& model, const std::vector<std::int32_t>& ids,
                             const std::vector<std::uint8_t>& mask) {
  return model::guarded([&] {
    const model::Decoder decoder = model.impl().decoder();
    const at::Tensor losses =
        model::token_losses(model.impl().weights(), decoder, ids, mask).to(at::kCPU).contiguous();
    const float* begin = losses.data_ptr<float>();
    return std::vector<float>(begin, begin + losses.numel());
  });
}

void cut(text::Rendered& rendered, std::size_t limit) {
  rendered.ids.resize(std::min(rendered.ids.size(), limit));
  rendered.mask.resize(rendered.ids.size());
}

// Own system message, if there is one, then the other's turns, none of which is taught.
std::vector<Message> asked_as(const Example& asked, const Example& other) {
  std::vector<Message> messages;
  if (asked.messages.front().role == "system") messages.push_back(asked.messages.front());
  for (Message& message : question_of(other)) {
    message.weight = 0;
    if (message.role != "system") messages.push_back(std::move(message));
  }
  return messages;
}

}  // namespace

std::vector<ReadAnswer> read_example(const Model& model, const std::vector<Message>& messages, std::int64_t limit) {
  text::Rendered rendered = model.impl().render(messages, false);
  cut(rendered, static_cast<std::size_t>(limit));
  const std::vector<float> losses = losses_of(model, rendered.ids, rendered.mask);
  std::vector<ReadAnswer> answers;
  auto message = messages.begin();
  for (std::size_t t = 1, next = 0; t < rendered.ids.size(); ++t) {
    if (!rendered.mask[t]) continue;
    if (!rendered.mask[t - 1]) {
      message = std::find_if(message, messages.end(), is_taught);
      answers.push_back({message - messages.begin() + 1, {}, {}});
      if (message != messages.end()) ++message;
    }
    answers.back().ids.push_back(rendered.ids[t]);
    answers.back().losses.push_back(losses[next++]);
  }
  if (answers.empty())
    fail(Code::invalid_argument, "No answer within the context length of ", limit,
         " tokens is taught; shorten the question, or give an answer weight 1.");
  return answers;
}

std::vector<Message> question_of(const Example& example) {
  const auto end = std::find_if(example.messages.begin(), example.messages.end(), is_taught);
  return std::vector<Message>(example.messages.begin(), end);
}

std::string question_key(const Example& example) {
  std::string key;
  for (const Message& message : question_of(example))
    if (message.role != "system") key += message.role + '\0' + message.content + '\0';
  return key;
}

std::vector<float> read_after(const Model& model, const Example& asked, const Example& other,
                              const ReadAnswer& answer, std::int64_t most, std::int64_t limit) {
  std::vector<Message> messages = asked_as(asked, other);
  messages.push_back(*std::find_if(asked.messages.begin(), asked.messages.end(), is_taught));
  text::Rendered rendered;
  try {
    rendered = model.impl().render(messages, false);
  } catch (const Error& error) {
    if (error.code() == Code::out_of_memory) throw;
    return {};
  }
  const auto first = std::find(rendered.mask.begin(), rendered.mask.end(), std::uint8_t{1});
  const auto begin = static_cast<std::size_t>(first - rendered.mask.begin());
  const std::size_t end = begin + std::min(static_cast<std::size_t>(most), answer.ids.size());
  const bool has_room = end <= std::min(rendered.ids.size(), static_cast<std::size_t>(limit));
  if (!has_room || !std::equal(rendered.ids.begin() + static_cast<std::ptrdiff_t>(begin),
                               rendered.ids.begin() + static_cast<std::ptrdiff_t>(end), answer.ids.begin()))
    return {};
  cut(rendered, end);
  return losses_of(model, rendered.ids, rendered.mask);
}

}  // namespace pmtune::preview
