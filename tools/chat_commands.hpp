// A conversation on the terminal: questions, and commands that begin with a slash.
#pragma once

#include <functional>
#include <pmtune/pmtune.hpp>
#include <string>
#include <utility>
#include <vector>

#include "line_input.hpp"

namespace pmtune::cli {

struct ChatSettings {
  std::string inbox = "inbox.jsonl";
  std::string author;
  bool json = false;                              // one JSON object an answer, in one line
  std::function<Model(const std::string&)> load;  // what /model does with a reference
};

class ChatTalk {
 public:
  ChatTalk(ChatSession& session, const ChatSettings& settings);

  // Every command as it is written, with what it does.
  static std::vector<std::pair<std::string, std::string>> command_list();

  // Asks and shows the answer as it comes; Ctrl-C ends the answer, not the program.
  void ask(const std::string& question);

  // Until /quit, the end of the input, or Ctrl-C twice. False when something was refused on the way.
  bool hold();

 private:
  using Ask = std::function<ChatReply(const TokenCallback&)>;
  void answer(const Ask& ask);
  void show(const ChatReply& reply) const;
  void greet() const;
  void take(const std::string& text);  // a question or a command
  void obey(const std::string& text);
  void tell(const std::string& text) const;  // about the conversation: dim, to a person only

  void help() const;
  void system(const std::string& text);
  void regenerate();
  void edit(const std::string& text);
  void choose(const std::string& number);
  void undo();
  void teach(const std::string& correction);
  void rate(const std::string& text);
  void save(const std::string& path);
  void load(const std::string& path);
  void clear();
  void history() const;
  void tokens() const;
  void model(const std::string& reference);
  void set(const std::string& text);
  void repeat_answer() const;

  struct Command;
  static const std::vector<Command>& commands();

  ChatSession& session_;
  const ChatSettings& settings_;
  LineInput input_;
  bool going_on_ = true;
};

std::string chat_help();  // the commands, a line each

}  // namespace pmtune::cli
