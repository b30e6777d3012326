// The conversation itself: reading, asking, showing.
#include <iostream>

#include "base/fail.hpp"
#include "chat_commands.hpp"
#include "examples.hpp"
#include "interrupt.hpp"
#include "records.hpp"
#include "terminal.hpp"

namespace pmtune::cli {

ChatTalk::ChatTalk(ChatSession& session, const ChatSettings& settings) : session_(session), settings_(settings) {}

void ChatTalk::ask(const std::string& question) {
  answer([&](const TokenCallback& on_token) { return session_.send(question, on_token); });
}

void ChatTalk::answer(const Ask& ask) {
  const Interrupt interrupt;
  const ChatReply reply = ask([&](std::string_view text) {
    if (!settings_.json) std::cout << text << std::flush;
    return Interrupt::seen() ? Control::stop : Control::resume;
  });
  show(reply);
}

void ChatTalk::show(const ChatReply& reply) const {
  if (settings_.json) {
    std::cout << json_of(reply).dump() << std::endl;
    return;
  }
  std::cout << std::endl;
  const bool person = is_terminal(std::cerr);
  if (person) std::cerr << painted(std::cerr, Colour::dim, concat("(", reply, ")")) << '\n';
  // What was left out matters to a program, too; that an answer is short it can see.
  if (!reply.note.empty() && (person || reply.dropped_turns > 0))
    std::cerr << painted(std::cerr, Colour::yellow, reply.note) << std::endl;
}

void ChatTalk::tell(const std::string& text) const {
  if (input_.is_person()) std::cout << painted(std::cout, Colour::dim, text) << '\n';
}

void ChatTalk::greet() const {
  const ModelInfo& info = session_.model().info();
  tell(concat(info.adapter.empty() ? info.name : info.adapter, ", ", session_.tokens().context_length,
              " tokens. /help lists commands; Ctrl-C ends an answer, Ctrl-D the conversation."));
  if (!session_.system().empty()) tell("System prompt: " + cell(session_.system(), 90));
}

bool ChatTalk::hold() {
  bool all_went_well = true;
  bool about_to_go = false;
  greet();
  std::string text;
  while (going_on_) {
    const LineInput::Event event = input_.read(painted(std::cout, Colour::bold, "> "), text);
    if (event == LineInput::Event::end) {
      if (input_.is_person()) std::cout << '\n';
      break;
    }
    if (event == LineInput::Event::interrupted) {
      if (input_.is_person()) std::cout << '\n';
      if (about_to_go || !input_.is_person()) break;
      tell("Ctrl-C again, or /quit, ends the conversation.");
      about_to_go = true;
      continue;
    }
    about_to_go = false;
    try {
      take(text);
    } catch (const Error& error) {
      all_went_well = false;
      std::cerr << painted(std::cerr, Colour::red, error.what()) << std::endl;
    }
  }
  return all_went_well || input_.is_person();
}

void ChatTalk::take(const std::string& text) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return;
  if (text.front() != '/') return ask(text);
  if (text.compare(0, 2, "//") == 0) return ask(text.substr(1));
  obey(text);
}

}  // namespace pmtune::cli
