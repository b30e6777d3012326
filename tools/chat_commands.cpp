#include "chat_commands.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>

#include "base/fail.hpp"
#include "base/options.hpp"
#include "base/visible.hpp"
#include "examples.hpp"
#include "records.hpp"
#include "terminal.hpp"

namespace pmtune::cli {

struct ChatTalk::Command {
  const char* name;
  const char* argument;
  const char* about;
  void (*run)(ChatTalk&, const std::string&);
};

namespace {

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// The first word of the text, and what follows it.
std::pair<std::string, std::string> cut_word(const std::string& text) {
  const std::size_t end = text.find_first_of(" \t\n");
  if (end == std::string::npos) return {text, ""};
  return {text.substr(0, end), trimmed(text.substr(end))};
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// People count from 1.
std::int64_t number_from_one(const std::string& text, const char* what) {
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!is_number(text) || read.ec != std::errc() || number < 1)
    fail(Code::invalid_argument, "Which ", what, "? Give its number, from 1 on.");
  return number - 1;
}

}  // namespace

const std::vector<ChatTalk::Command>& ChatTalk::commands() {
  using Talk = ChatTalk&;
  using Text = const std::string&;
  static const std::vector<Command> list{
      {"help", "", "this list", [](Talk t, Text) { t.help(); }},
      {"regenerate", "", "another answer to the last question", [](Talk t, Text) { t.regenerate(); }},
      {"choose", "N", "go on from the Nth answer to it", [](Talk t, Text x) { t.choose(x); }},
      {"edit", "[N] TEXT", "ask the last (or Nth) question in other words; what followed goes",
       [](Talk t, Text x) { t.edit(x); }},
      {"undo", "", "take back the last change", [](Talk t, Text) { t.undo(); }},
      {"teach", "[TEXT]", "put TEXT, the right answer, into the inbox; alone: the answer as it is",
       [](Talk t, Text x) { t.teach(x); }},
      {"rate", "good|bad", "remember what the last answer was like", [](Talk t, Text x) { t.rate(x); }},
      {"system", "[TEXT]", "show or replace the system prompt; - removes it", [](Talk t, Text x) { t.system(x); }},
      {"set", "[NAME VALUE]", "how to answer: temperature 0.7, max_tokens 200, ...",
       [](Talk t, Text x) { t.set(x); }},
      {"model", "[REF]", "show the model, or go on with another one", [](Talk t, Text x) { t.model(x); }},
      {"history", "", "what was said", [](Talk t, Text) { t.history(); }},
      {"tokens", "", "how long the conversation is, and how long it may be", [](Talk t, Text) { t.tokens(); }},
      {"save", "FILE", "write it as .md (to read), .jsonl (to teach) or .json (to go on)",
       [](Talk t, Text x) { t.save(x); }},
      {"load", "FILE.json", "go on with a saved conversation", [](Talk t, Text x) { t.load(x); }},
      {"clear", "", "begin anew; the system prompt stays", [](Talk t, Text) { t.clear(); }},
      {"quit", "", "end (Ctrl-D does it, too)", [](Talk t, Text) { t.going_on_ = false; }},
  };
  return list;
}

std::string chat_help() {
  std::string text;
  for (const auto& [name, about] : ChatTalk::command_list()) {
    text += "  " + name + std::string(name.size() < 22 ? 22 - name.size() : 1, ' ') + about + "\n";
  }
  return text +
         "Several lines: end a line with \\, or put the text between two lines of \"\"\". //x asks \"/x\".\n"
         "Ctrl-C ends an answer.";
}

std::vector<std::pair<std::string, std::string>> ChatTalk::command_list() {
  std::vector<std::pair<std::string, std::string>> list;
  for (const Command& command : commands())
    list.emplace_back(std::string("/") + command.name + (*command.argument ? " " : "") + command.argument,
                      command.about);
  return list;
}

// A command by its name, or by a beginning that only one has.
void ChatTalk::obey(const std::string& text) {
  const auto [given, rest] = cut_word(text.substr(1));
  const std::string name = given == "exit" ? "quit" : given == "?" || given.empty() ? "help" : given;
  std::vector<const Command*> meant;
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    names.push_back(command.name);
    if (name == command.name) return command.run(*this, rest);
    if (std::string_view(command.name).substr(0, name.size()) == name) meant.push_back(&command);
  }
  if (meant.size() == 1) return meant.front()->run(*this, rest);
  fail(Code::invalid_argument, "There is no command /", given, ".", did_you_mean(name, names),
       " /help lists them; //", given, " asks the model.");
}

void ChatTalk::help() const { std::cout << chat_help() << '\n'; }

void ChatTalk::system(const std::string& text) {
  if (!text.empty()) session_.set_system(text == "-" ? "" : text);
  tell(session_.system().empty() ? "No system prompt." : "System prompt: " + visible_text(session_.system()));
}

void ChatTalk::regenerate() {
  answer([&](const TokenCallback& on_token) { return session_.regenerate(on_token); });
}

void ChatTalk::edit(const std::string& text) {
  auto [first, rest] = cut_word(text);
  const bool is_counted = is_number(first) && !rest.empty();
  const std::int64_t turn = is_counted ? number_from_one(first, "question") : -1;
  const std::string question = is_counted ? rest : text;
  if (question.empty()) fail(Code::invalid_argument, "Write the new question behind /edit.");
  answer([&](const TokenCallback& on_token) { return session_.edit(turn, question, on_token); });
}

void ChatTalk::choose(const std::string& number) {
  session_.choose(number_from_one(number, "answer"));
  repeat_answer();
}

void ChatTalk::undo() {
  if (!session_.undo()) fail(Code::not_found, "There is nothing to take back.");
  tell("Taken back. " + plural(session_.turns().size(), "question") + " left.");
}

void ChatTalk::teach(const std::string& correction) {
  const std::string id = session_.teach(Inbox(settings_.inbox), correction, settings_.author);
  std::cout << "In " << settings_.inbox << " as " << id << "; pmtune inbox accept " << id
            << " lets the next version learn it.\n";
}

void ChatTalk::rate(const std::string& text) {
  if (text != "good" && text != "bad") fail(Code::invalid_argument, "Say /rate good or /rate bad.");
  session_.rate(text == "good" ? 1 : -1);
  tell("Noted; it is kept with the conversation when you /save it.");
}

void ChatTalk::save(const std::string& path) {
  session_.save(path);
  std::cout << "Written to " << path << ".\n";
}

void ChatTalk::load(const std::string& path) {
  session_.load(path);
  tell(plural(session_.turns().size(), "question") + " loaded; /history shows them.");
}

void ChatTalk::clear() {
  session_.clear();
  tell("A new conversation. /undo brings the old one back.");
}

void ChatTalk::history() const {
  if (session_.turns().empty()) return tell("Nothing was asked yet.");
  std::size_t number = 1;
  for (const ChatTurn& turn : session_.turns()) {
    const std::string count =
        turn.answers.size() > 1 ? concat(" [", turn.chosen + 1, " of ", turn.answers.size(), "]") : "";
    std::cout << painted(std::cout, Colour::bold, concat(number++, "> ")) << cell(turn.question, 90) << '\n'
              << "   " << cell(turn.answer().text, 90) << painted(std::cout, Colour::dim, count) << '\n';
  }
}

void ChatTalk::tokens() const {
  const ChatTokens tokens = session_.tokens();
  std::cout << "The conversation has " << tokens.conversation << " of " << tokens.context_length << " tokens; "
            << tokens.answer_room << " are kept free for an answer.\n";
  if (tokens.dropped_turns > 0)
    std::cout << "The model no longer sees the first "
              << plural(static_cast<std::size_t>(tokens.dropped_turns), "question") << " (" << tokens.dropped_tokens
              << " tokens).\n";
}

void ChatTalk::model(const std::string& reference) {
  if (!reference.empty()) session_.set_model(settings_.load(reference));
  std::cout << session_.model().info() << '\n';
}

void ChatTalk::set(const std::string& text) {
  auto [name, value] = cut_word(text);
  std::replace(name.begin(), name.end(), '-', '_');
  GenerateOptions options = session_.generate_options();
  if (name.empty() || value.empty()) {
    fields(options, [](const Field& field, const auto& set_to) {
      std::cout << "  " << field.name << " = " << Json(to_json_value(set_to)).dump() << '\n';
    });
    return;
  }
  Json json = Json::parse(value, nullptr, false);
  if (json.is_discarded()) json = value;
  set_option(options, name, json);
  session_.set_options(options);
  tell(name + " is now " + value + ".");
}

void ChatTalk::repeat_answer() const { std::cout << session_.turns().back().answer().text << '\n'; }

}  // namespace pmtune::cli
