// pmtune completion bash|zsh|fish: what a shell needs to complete commands, flags and their values, made from the
// commands themselves, so that it cannot be out of date.
#include <iostream>
#include <memory>
#include <pmtune/pmtune.hpp>
#include <sstream>

#include "commands.hpp"
#include "completion_scripts.hpp"
#include "shared_flags.hpp"

namespace pmtune::cli {
namespace {

// "a|b|c", when the values of a flag are so few that its type names them.
std::vector<std::string> choices_of(const std::string& type) {
  std::vector<std::string> list;
  if (type.find('|') == std::string::npos) return list;
  std::istringstream words(type);
  for (std::string word; std::getline(words, word, '|');) list.push_back(word);
  return list;
}

// The first sentence, without what a shell would read.
std::string short_text(const std::string& text) {
  std::string out;
  for (const char c : text.substr(0, text.find_first_of("(;\n")))
    out += c == '\'' || c == '"' || c == '\\' || c == '`' ? ' ' : c;
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

CommandEntry entry_of(const CLI::App& command, const std::string& path) {
  CommandEntry entry;
  entry.path = path;
  for (const CLI::App* next : command.get_subcommands([](const CLI::App*) { return true; }))
    entry.below.emplace_back(next->get_name(), short_text(next->get_description()));
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional()) {
      const std::string name = option->get_name(true);
      entry.names_model = entry.names_model || name.find("REF") == 0 || name.find("VERSION") == 0;
    }
    for (const std::string& name : option->get_lnames())
      entry.flags.push_back({"--" + name, short_text(option->get_description()), option->get_type_size() != 0,
                             choices_of(option->get_type_name())});
  }
  return entry;
}

void collect(const CLI::App& command, const std::string& path, std::vector<CommandEntry>& list) {
  list.push_back(entry_of(command, path));
  for (const CLI::App* next : command.get_subcommands([](const CLI::App*) { return true; }))
    collect(*next, path.empty() ? next->get_name() : path + " " + next->get_name(), list);
}

// What can stand where a model is named: versions and aliases of the registry, and what lies on this machine.
void write_names(std::ostream& out, const RegistryFlag& registry) {
  if (registry.exists())
    for (const ModelVersion& version : registry.open().list()) {
      out << version.id << '\n';
      for (const std::string& alias : version.aliases) out << version.name << '@' << alias << '\n';
    }
  for (const LocalModel& model : local_models())
    if (model.trains && model.reference.find(' ') == std::string::npos) out << model.reference << '\n';
}

struct Completion {
  const CLI::App* root;
  std::string shell;
  RegistryFlag registry;

  int run() const {
    std::vector<CommandEntry> list;
    collect(*root, "", list);
    if (shell == "bash") write_bash(std::cout, list);
    if (shell == "zsh") write_zsh(std::cout, list);
    if (shell == "fish") write_fish(std::cout, list);
    if (shell == "names") write_names(std::cout, registry);
    return exit_ok;
  }
};

}  // namespace

void add_completion(CLI::App& app, Job& job) {
  auto completion = std::make_shared<Completion>();
  completion->root = &app;
  CLI::App* command = app.add_subcommand("completion", "Print what bash, zsh or fish needs to complete commands");
  command
      ->add_option("SHELL", completion->shell,
                   "bash, zsh or fish; names: the models that can be named here, one a line")
      ->check(CLI::IsMember({"bash", "zsh", "fish", "names"}).description(""))
      ->required();
  completion->registry.add_to(*command);
  command->footer(
      "Examples:\n  pmtune completion bash > ~/.local/share/bash-completion/completions/pmtune\n"
      "  pmtune completion zsh > ~/.zfunc/_pmtune\n"
      "  pmtune completion fish > ~/.config/fish/completions/pmtune.fish");
  command->callback([completion, &job] { job = [completion] { return completion->run(); }; });
}

}  // namespace pmtune::cli
