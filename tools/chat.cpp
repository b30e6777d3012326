// pmtune chat REF [PROMPT]: one answer, or a conversation.
#include <iostream>
#include <memory>
#include <pmtune/pmtune.hpp>

#include "chat_commands.hpp"
#include "commands.hpp"
#include "flags.hpp"
#include "shared_flags.hpp"

namespace pmtune::cli {
namespace {

struct Chat {
  std::string reference;
  std::string prompt;
  std::string resume;
  std::string save;
  ChatSettings settings;
  RegistryFlag registry;
  ModelFlags model_flags;
  Flags<ChatOptions> chat_flags;
  Flags<GenerateOptions> generate_flags;

  int run() {
    const Model model = load(reference);
    GenerateOptions generate;
    generate_flags.apply_to(generate);
    ChatSession session(model, options(), generate);
    settings.load = [this](const std::string& other) { return load(other); };
    if (!resume.empty()) session.load(resume);
    ChatTalk talk(session, settings);
    bool went_well = true;
    if (prompt.empty())
      went_well = talk.hold();
    else
      talk.ask(prompt == "-" ? read_stdin() : prompt);
    if (!save.empty()) session.save(save);
    return went_well ? exit_ok : exit_problem;
  }

 private:
  Model load(const std::string& source) const { return load_model(source, registry, model_flags.options()); }

  ChatOptions options() const {
    ChatOptions chosen;
    chat_flags.apply_to(chosen);
    if (chat_flags.given("system") && chosen.system.empty()) chosen.default_system = "none";
    return chosen;
  }
};

}  // namespace

void add_chat(CLI::App& app, Job& job) {
  auto chat = std::make_shared<Chat>();
  CLI::App* command = app.add_subcommand("chat", "Ask a model one question, or hold a conversation");
  command->add_option("REF", chat->reference, "PM-Assistant@primary, a known name, a model file or folder")
      ->required();
  command->add_option("PROMPT", chat->prompt,
                      "The question; - reads it from standard input; without one a conversation starts");
  command->add_flag("--json", chat->settings.json, "Print each answer as one JSON object, with its figures");
  command->add_option("--resume", chat->resume, "Go on with a conversation that was saved as JSON")
      ->type_name("FILE");
  command
      ->add_option("--save", chat->save,
                   "Write the conversation there at the end: .md to read, .jsonl to teach, .json to go on with")
      ->type_name("FILE");
  command
      ->add_option("--inbox", chat->settings.inbox,
                   "File that /teach writes to (default inbox.jsonl, or $PMTUNE_INBOX)")
      ->envname("PMTUNE_INBOX")
      ->type_name("FILE");
  command->add_option("--author", chat->settings.author, "Who corrects answers with /teach")->type_name("TEXT");
  chat->registry.add_to(*command);
  chat->chat_flags.add_to(*command, "Conversation");
  chat->generate_flags.add_to(*command, "How to answer");
  chat->model_flags.add_to(*command);
  command->footer(
      "Examples:\n  pmtune chat PM-Assistant@primary \"Write a user story for password reset\"\n"
      "  pmtune chat PM-Assistant@primary --temperature 0.7 --author Ana\n"
      "  cat notes.txt | pmtune chat PM-Assistant@primary - --json\nIn a conversation:\n" +
      chat_help());
  command->callback([chat, &job] { job = [chat] { return chat->run(); }; });
}

}  // namespace pmtune::cli
