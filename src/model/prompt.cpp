#include "model/prompt.hpp"

#include "model/impl.hpp"

namespace pmtune::model {

ChatPrompt chat_prompt(const Model& model, const std::vector<text::ChatMessage>& messages,
                       const text::TemplateJson& tools) {
  const Model::Impl& impl = model.impl();
  std::vector<text::Turn> turns;
  for (const text::ChatMessage& message : messages) turns.push_back({message, true});
  text::Rendered rendered = impl.render(turns, true, tools);
  ChatPrompt prompt{std::move(rendered.ids), std::move(rendered.text), false};
  // Templates that speak of tools may still leave them out; the text says what was done.
  if (tools) prompt.has_tools = impl.render(turns, true).text != prompt.text;
  return prompt;
}

std::vector<std::int32_t> answer_beginning(const Model& model, std::string_view trusted) {
  return model.impl().tokenizer().encode(trusted, true);
}

std::string token_bytes(const Model& model, std::int32_t id) {
  return std::string(model.impl().tokenizer().bytes(id));
}

}  // namespace pmtune::model
