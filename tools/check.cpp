// pmtune check FILE: every problem of a file of examples, with line and cure.
#include <algorithm>
#include <iostream>
#include <memory>
#include <pmtune/pmtune.hpp>
#include <set>

#include "commands.hpp"
#include "flags.hpp"

namespace pmtune::cli {
namespace {

struct Check {
  std::string path;
  std::string held_out;
  bool json = false;
  Flags<LoadOptions> flags;

  static bool can_be_fixed(const DatasetReport& report) {
    static const std::set<std::string> codes{"invalid_json", "encoding", "unrecognized_role",
                                             "message_unrecognized_key"};
    return std::any_of(report.problems.begin(), report.problems.end(),
                       [](const Problem& problem) { return codes.count(problem.code) > 0; });
  }

  int run() const {
    LoadOptions options;
    flags.apply_to(options);
    const DatasetReport report =
        held_out.empty() ? Dataset::check(path, options) : Dataset::check(path, Dataset::load(held_out), options);
    std::cout << (json ? report.to_json() : report.to_text());
    if (json)
      std::cout << '\n';
    else if (can_be_fixed(report))
      std::cout << "\nSome of these can be mended at once: pmtune fix " << path << '\n';
    return report.ok() ? exit_ok : exit_problem;
  }
};

}  // namespace

void add_check(CLI::App& app, Job& job) {
  auto check = std::make_shared<Check>();
  CLI::App* command = app.add_subcommand("check", "Find the problems in a file of examples");
  command->add_option("FILE", check->path, "A .jsonl, .json or .csv file of examples")->required();
  command
      ->add_option("--held-out", check->held_out,
                   "The examples the model will be tested on: say which stand in FILE too")
      ->type_name("FILE");
  command->add_flag("--json", check->json, "Print the report as JSON");
  check->flags.add_to(*command, "How to read", {"on_error"});
  command->footer(
      "Example:\n  pmtune check examples/dataset.jsonl\nExits with 1 when the file cannot be trained on.");
  command->callback([check, &job] { job = [check] { return check->run(); }; });
}

}  // namespace pmtune::cli
