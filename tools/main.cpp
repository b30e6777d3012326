// pmtune: the whole job from a terminal. Everything that it does goes through the public C++ interface.
#include <algorithm>
#include <iostream>
#include <memory>
#include <pmtune/pmtune.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "commands.hpp"
#include "help.hpp"
#include "settings.hpp"

namespace pmtune::cli {
namespace {

constexpr const char* about =
    "Fine-tune a small local language model on your own examples, find out whether it got better, keep its\n"
    "versions, and use it. Everything stays on this machine.";

constexpr const char* first_steps =
    "First steps:\n"
    "  pmtune check examples/dataset.jsonl\n"
    "  pmtune train examples/dataset.jsonl --name PM-Assistant --html report.html\n"
    "  pmtune chat PM-Assistant\n"
    "COMMAND --help explains one command, with an example. pmtune doctor looks whether all is well.\n"
    "Exit codes: 0 done; 1 data, model or run have a problem, or were stopped; 2 wrong usage. One sentence on\n"
    "standard error says what is wrong. Settings files: see pmtune doctor.";

// The order in which a person meets them.
struct Group {
  const char* title;
  std::vector<const char*> commands;
};
const std::vector<Group> groups{
    {"Your examples", {"check", "fix", "preview", "data", "inbox"}},
    {"Teaching and judging", {"train", "eval", "rate"}},
    {"Using", {"chat", "serve"}},
    {"Your versions",
     {"models", "show", "note", "promote", "log", "archive", "restore", "backup", "bundle", "import"}},
    {"Other models and tools", {"serve", "pull", "export"}},
    {"This tool", {"doctor", "completion"}},
};

void sort_into_groups(CLI::App& app) {
  for (const Group& group : groups)
    for (const char* name : group.commands)
      for (CLI::App* command : app.get_subcommands([&](CLI::App* each) { return each->get_name() == name; }))
        command->group(group.title);
}

std::string version_text() {
  std::ostringstream text;
  text << runtime_info();
  return text.str();
}

// Scripts read the last line of stderr: one line, whatever the message holds.
void complain(std::string message) {
  while (!message.empty() && message.back() == '\n') message.pop_back();
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::cerr << "pmtune: " << message << std::endl;
}

int usage_problem(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  std::string command = "pmtune";
  for (auto chosen = app.get_subcommands(); !chosen.empty(); chosen = chosen.front()->get_subcommands())
    command += " " + chosen.front()->get_name();
  if (error.get_name() == "FileError") {
    complain("The settings file cannot be read: " + std::string(error.what()) +
             "; check --config and $PMTUNE_CONFIG.");
    return exit_usage;
  }
  complain(error.what() + origin_of(app, error.what()) + " (see " + command + " --help)");
  return exit_usage;
}

int run(const Job& job) {
  try {
    return job();
  } catch (const Error& error) {
    complain(error.what());
  } catch (const std::exception& error) {
    complain(std::string("Something unexpected happened: ") + error.what());
  }
  return exit_problem;
}

}  // namespace
}  // namespace pmtune::cli

int main(int argc, char** argv) {
  using namespace pmtune::cli;
  CLI::App app(about, "pmtune");
  app.formatter(std::make_shared<HelpFormatter>());  // inherited by the commands
  app.footer(first_steps);
  app.fallthrough();  // --config may also stand behind the command
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text, "Show versions and what this machine offers");
  Job job;
  for (auto* add : {add_check, add_fix, add_preview, add_data, add_inbox, add_train, add_eval, add_chat, add_models,
                    add_show, add_note, add_promote, add_pull, add_serve, add_keeping, add_rate, add_doctor, add_completion})
    add(app, job);
  sort_into_groups(app);
  add_settings(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage_problem(app, error);
  }
  return run(job);
}
