#include "data/conversation.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "base/options.hpp"
#include "data/problems.hpp"

namespace pmtune::data {
namespace {

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\r\n") == std::string::npos; }

class ConversationCheck {
 public:
  ConversationCheck(const Example& example, const char* unit, std::vector<Problem>& problems)
      : messages_(example.messages), line_(example.line), unit_(unit), problems_(problems) {}

  void run() {
    if (messages_.empty()) {
      add("missing_messages_list", "The list of messages is empty.",
          concat("Write a question and its answer, or remove the ", unit_, "."));
      return;
    }
    const std::size_t before = problems_.size();
    for (std::size_t i = 0; i < messages_.size(); ++i) check_role(i);
    const bool roles_known = problems_.size() == before;
    for (std::size_t i = 0; i < messages_.size(); ++i) check_text(i);
    if (roles_known) check_order();
  }

 private:
  void add(const char* code, std::string message, std::string fix) {
    problems_.push_back(error_at(line_, code, std::move(message), std::move(fix)));
  }

  void check_role(std::size_t i) {
    const std::string& role = messages_[i].role;
    if (is_role(role)) return;
    const std::string meant = meant_role(role);
    const bool tool = role == "tool" || role == "function";
    add("unrecognized_role",
        concat("Message ", i + 1, " has the role ", quoted(role),
               "; known are \"system\", \"user\" and \"assistant\"."),
        tool            ? concat("Remove the ", unit_, ": calls of tools cannot be taught yet.")
        : meant.empty() ? "Change it to one of the three."
                        : concat("Change it to \"", meant, "\"."));
  }

  void check_text(std::size_t i) {
    const Message& message = messages_[i];
    if (!is_blank(message.content)) return;
    if (message.role == "assistant")
      add("empty_answer", concat("The answer in message ", i + 1, " is empty."),
          concat("Write the answer that the model should give, or remove the ", unit_, "."));
    else
      add("missing_content", concat("Message ", i + 1, " has no text."), "Write its text, or remove the message.");
  }

  void check_order() {
    const auto is_answer = [](const Message& message) { return message.role == "assistant"; };
    const auto is_question = [](const Message& message) { return message.role == "user"; };
    if (std::none_of(messages_.begin(), messages_.end(), is_answer)) {
      add("example_missing_assistant_message",
          "No message is from the \"assistant\", so there is no answer to learn.",
          concat("Add the answer or remove the ", unit_, "."));
      return;
    }
    if (std::none_of(messages_.begin(), messages_.end(), is_question)) {
      add("missing_user", "No message is from the \"user\", so the answer answers nothing.",
          concat("Add the question, or remove the ", unit_, "."));
      return;
    }
    check_turns();
    if (!is_answer(messages_.back())) {
      add("role_order",
          concat("The last message is from \"", messages_.back().role,
                 "\", but an example must end with the assistant's answer."),
          concat("Add the answer or remove the ", unit_, "."));
      return;
    }
    const auto is_taught = [&](const Message& message) { return is_answer(message) && message.weight != 0; };
    if (std::none_of(messages_.begin(), messages_.end(), is_taught))
      add("example_missing_assistant_message", "Every answer has weight 0, so nothing is taught.",
          concat("Give the answer that matters weight 1, or remove the ", unit_, "."));
  }

  // Only the first fault: one message too many makes every later turn look wrong.
  void check_turns() {
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      const std::string& role = messages_[i].role;
      const std::string before = i == 0 ? "" : messages_[i - 1].role;
      if (role == "system" && i > 0)
        return add("role_order", concat("Message ", i + 1, " is from \"system\", which may only come first."),
                   "Move its text to the first message, or remove it.");
      if (role == "assistant" && (before.empty() || before == "system"))
        return add("role_order", concat("Message ", i + 1, " is an answer, but no question stands before it."),
                   "Put a message from \"user\" before it.");
      if (role == before)
        return add("role_order",
                   concat("Messages ", i, " and ", i + 1, " are both from \"", role,
                          "\"; question and answer must take turns."),
                   "Join the two into one message, or add the missing one between them.");
    }
  }

  const std::vector<Message>& messages_;
  std::int64_t line_;
  const char* unit_;
  std::vector<Problem>& problems_;
};

}  // namespace

bool is_role(const std::string& role) { return role == "system" || role == "user" || role == "assistant"; }

const char* usual_role(const std::string& role) {
  static constexpr std::array<std::pair<const char*, const char*>, 14> others{{{"human", "user"},
                                                                               {"customer", "user"},
                                                                               {"client", "user"},
                                                                               {"prompter", "user"},
                                                                               {"question", "user"},
                                                                               {"gpt", "assistant"},
                                                                               {"bot", "assistant"},
                                                                               {"ai", "assistant"},
                                                                               {"model", "assistant"},
                                                                               {"chatgpt", "assistant"},
                                                                               {"answer", "assistant"},
                                                                               {"agent", "assistant"},
                                                                               {"developer", "system"},
                                                                               {"instructions", "system"}}};
  const std::string small = ascii_lower(role);
  for (const auto& [other, meant] : others)
    if (small == other) return meant;
  return nullptr;
}

std::string meant_role(const std::string& role) {
  if (const char* usual = usual_role(role)) return usual;
  const std::string small = ascii_lower(role);
  return small.size() < 3 || small.size() > 20 ? "" : nearest_name(small, {"system", "user", "assistant"});
}

void check_conversation(Example& example, const char* unit, std::vector<Problem>& problems) {
  for (Message& message : example.messages)
    if (message.role != "assistant") message.weight = 1;
  ConversationCheck(example, unit, problems).run();
}

}  // namespace pmtune::data
