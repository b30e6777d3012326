// pmtune fix FILE: a copy in which everything is mended that can be mended safely, and what was changed.
#include <filesystem>
#include <iostream>
#include <memory>
#include <pmtune/pmtune.hpp>

#include "commands.hpp"
#include "flags.hpp"
#include "terminal.hpp"

namespace pmtune::cli {
namespace {

struct Fix {
  std::string path;
  std::string copy;
  bool json = false;
  Flags<LoadOptions> flags;

  int run() const {
    LoadOptions options;
    flags.apply_to(options);
    const FixReport report = Dataset::fix(path, copy.empty() ? default_copy() : copy, options);
    if (json)
      std::cout << report.to_json() << '\n';
    else
      print(report.to_text());
    return report.remaining.ok() ? exit_ok : exit_problem;
  }

 private:
  // "data.csv.gz" is fixed into "data.fixed.jsonl" beside it.
  std::string default_copy() const {
    std::filesystem::path name = path;
    if (name.extension() == ".gz") name.replace_extension();
    return name.replace_extension(".fixed.jsonl").string();
  }

  // The lines of the difference in the colours of one.
  static void print(const std::string& text) {
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const std::string line = text.substr(begin, end - begin);
      const std::size_t mark = line.find_first_not_of(' ');
      const bool was = mark == 6 && line[mark] == '-', is = mark == 6 && line[mark] == '+';
      std::cout << (was  ? painted(std::cout, Colour::red, line)
                    : is ? painted(std::cout, Colour::green, line)
                         : line)
                << '\n';
      begin = end + 1;
    }
  }
};

}  // namespace

void add_fix(CLI::App& app, Job& job) {
  auto fix = std::make_shared<Fix>();
  CLI::App* command =
      app.add_subcommand("fix", "Mend what can be mended safely, in a copy, and show what was changed");
  command->add_option("FILE", fix->path, "A file of examples")->required();
  command->add_option("--out", fix->copy, "The copy (default: FILE with the ending .fixed.jsonl)")->type_name("FILE");
  command->add_flag("--json", fix->json, "Print the changes as JSON");
  fix->flags.add_to(*command, "How to read", {"on_error"});
  command->footer(
      "Example:\n  pmtune fix examples/broken.jsonl\nExits with 1 when something remains to be mended by hand.");
  command->callback([fix, &job] { job = [fix] { return fix->run(); }; });
}

}  // namespace pmtune::cli
