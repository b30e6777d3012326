// pmtune: the whole job from a terminal. Everything that it does goes through the public C++ interface.
#include <algorithm>
#include <iostream>
#include <memory>
#include <pmtune/pmtune.hpp>
#include <sstream>
#include <string>

#include "commands.hpp"
#include "help.hpp"

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
    "COMMAND --help explains one command. Exit codes: 0 done, 1 data, model or run have a problem, 2 wrong usage.";

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
  complain(std::string(error.what()) + " (see " + command + " --help)");
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
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text, "Show versions and what this machine offers");
  Job job;
  for (auto* add : {add_check, add_fix, add_preview, add_data, add_inbox, add_train, add_eval, add_chat, add_models,
                    add_show, add_note, add_promote, add_pull, add_serve})
    add(app, job);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage_problem(app, error);
  }
  return run(job);
}
