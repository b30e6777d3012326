// pmtune chat REF [PROMPT]: one answer, or a conversation.
#include <iostream>
#include <memory>
#include <optional>
#include <pmtune/pmtune.hpp>

#include "commands.hpp"
#include "interrupt.hpp"
#include "shared_flags.hpp"
#include "terminal.hpp"

namespace pmtune::cli {
namespace {

constexpr const char* session_help = "/system TEXT sets the system prompt, /clear starts anew, /quit ends.";

// A model answers best when it is asked the way it was taught. Empty when that is not known.
std::string taught_system_prompt(const Model& model) {
  const auto record = model.training_record();
  return record ? record->system : "";
}

class Conversation {
 public:
  Conversation(const Model& model, const GenerateOptions& options, std::string system)
      : model_(model), options_(options), system_(std::move(system)) {
    clear();
  }

  void clear() {
    messages_.clear();
    if (!system_.empty()) messages_.push_back({"system", system_});
  }

  void set_system(const std::string& text) {
    system_ = text;
    clear();
  }

  // Writes the answer to stdout as it comes. Ctrl-C ends the answer, not the program.
  void ask(const std::string& question) {
    messages_.push_back({"user", question});
    Interrupt interrupt;
    const Generation answer = model_.generate(messages_, options_, [](std::string_view text) {
      std::cout << text << std::flush;
      return Interrupt::seen() ? Control::stop : Control::resume;
    });
    std::cout << std::endl;
    messages_.push_back({"assistant", answer.text});
    if (answer.finish == FinishReason::length && is_terminal(std::cerr))
      std::cerr << painted(std::cerr, Colour::dim, "(cut short; --max-tokens allows longer answers)") << std::endl;
  }

 private:
  Model model_;
  GenerateOptions options_;
  std::string system_;
  std::vector<Message> messages_;
};

// True while the session goes on.
bool obey(Conversation& conversation, const std::string& line) {
  if (line == "/quit" || line == "/exit") return false;
  if (line == "/clear") {
    conversation.clear();
  } else if (line.rfind("/system", 0) == 0) {
    conversation.set_system(line.size() > 8 ? line.substr(8) : "");
  } else {
    std::cout << session_help << '\n';
  }
  return true;
}

void hold_session(Conversation& conversation) {
  const bool person = is_terminal(std::cout);
  if (person) std::cout << painted(std::cout, Colour::dim, session_help) << '\n';
  std::string line;
  while (
      (person && std::cout << painted(std::cout, Colour::bold, "> ") << std::flush, std::getline(std::cin, line))) {
    if (line.empty()) continue;
    if (line.front() != '/')
      conversation.ask(line);
    else if (!obey(conversation, line))
      return;
  }
}

struct Chat {
  std::string reference;
  std::string prompt;
  std::optional<std::string> system;
  RegistryFlag registry;
  ModelFlags model_flags;
  Flags<GenerateOptions> generate_flags;

  int run() const {
    const Model model = load_model(reference, registry, model_flags.options());
    GenerateOptions options;
    generate_flags.apply_to(options);
    Conversation conversation(model, options, system ? *system : taught_system_prompt(model));
    if (prompt.empty())
      hold_session(conversation);
    else
      conversation.ask(prompt);
    return exit_ok;
  }
};

}  // namespace

void add_chat(CLI::App& app, Job& job) {
  auto chat = std::make_shared<Chat>();
  CLI::App* command = app.add_subcommand("chat", "Ask a model one question, or hold a conversation");
  command->add_option("REF", chat->reference, "PM-Assistant@primary, a known name, a model file or folder")
      ->required();
  command->add_option("PROMPT", chat->prompt, "The question; without one a conversation starts");
  command
      ->add_option_function<std::string>(
          "--system", [chat](const std::string& text) { chat->system = text; },
          "System prompt (default: the one it was taught with)")
      ->type_name("TEXT");
  chat->registry.add_to(*command);
  chat->generate_flags.add_to(*command, "How to answer");
  chat->model_flags.add_to(*command);
  command->footer(std::string("Example:\n  pmtune chat PM-Assistant@primary \"Write a user story for password "
                              "reset\"\nIn a conversation: ") +
                  session_help);
  command->callback([chat, &job] { job = [chat] { return chat->run(); }; });
}

}  // namespace pmtune::cli
