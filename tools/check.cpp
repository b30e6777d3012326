// pmtune check FILE: every problem of a file of examples, with line and cure.
#include <iostream>
#include <memory>
#include <pmtune/pmtune.hpp>

#include "commands.hpp"
#include "flags.hpp"

namespace pmtune::cli {
namespace {

struct Check {
  std::string path;
  bool json = false;
  Flags<LoadOptions> flags;

  int run() const {
    LoadOptions options;
    flags.apply_to(options);
    const DatasetReport report = Dataset::check(path, options);
    std::cout << (json ? report.to_json() : report.to_text());
    if (json) std::cout << '\n';
    return report.ok() ? exit_ok : exit_problem;
  }
};

}  // namespace

void add_check(CLI::App& app, Job& job) {
  auto check = std::make_shared<Check>();
  CLI::App* command = app.add_subcommand("check", "Find the problems in a file of examples");
  command->add_option("FILE", check->path, "A .jsonl or .json file of examples")->required();
  command->add_flag("--json", check->json, "Print the report as JSON");
  check->flags.add_to(*command, "How to read", {"on_error"});
  command->footer(
      "Example:\n  pmtune check examples/dataset.jsonl\nExits with 1 when the file cannot be trained on.");
  command->callback([check, &job] { job = [check] { return check->run(); }; });
}

}  // namespace pmtune::cli
