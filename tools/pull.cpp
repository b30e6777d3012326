// pmtune pull: fetches a model, with a bar on a terminal and plain lines elsewhere.
#include <chrono>
#include <iostream>
#include <memory>
#include <pmtune/pmtune.hpp>
#include <sstream>

#include "commands.hpp"
#include "flags.hpp"
#include "interrupt.hpp"
#include "terminal.hpp"

namespace pmtune::cli {
namespace {

// On a terminal one line that changes; elsewhere a line for each file, each note, and every ten seconds.
class PullDisplay {
 public:
  explicit PullDisplay(bool quiet) : quiet_(quiet), terminal_(is_terminal(std::cerr)) {}

  void show(const PullProgress& progress) {
    if (quiet_) return;
    std::ostringstream text;
    if (progress.total > 0)
      text << progress;
    else
      text << progress.note;
    if (terminal_) return line_.show(progress.bytes, progress.total, text.str());
    const auto now = std::chrono::steady_clock::now();
    if (progress.file == file_ && progress.note == note_ && now - last_ < std::chrono::seconds(10)) return;
    file_ = progress.file;
    note_ = progress.note;
    last_ = now;
    std::cerr << text.str() << std::endl;
  }

 private:
  bool quiet_;
  bool terminal_;
  StatusLine line_;
  std::string file_, note_ = "-";
  std::chrono::steady_clock::time_point last_;
};

struct PullCommand {
  std::string name;
  bool quiet = false;
  Flags<PullOptions> flags;

  int run() const {
    PullOptions options;
    flags.apply_to(options);
    std::string path;
    {
      const Interrupt interrupt;
      PullDisplay display(quiet);
      path = pull(name, options, [&](const PullProgress& progress) {
        display.show(progress);
        return Interrupt::seen() ? Control::stop : Control::resume;
      });
    }
    if (quiet) {
      std::cout << path << '\n';
      return exit_ok;
    }
    std::cout << name << " is in " << path << "\n\nNext:\n  pmtune train examples/dataset.jsonl --model "
              << (options.to.empty() ? name : path) << '\n';
    return exit_ok;
  }
};

}  // namespace

void add_pull(CLI::App& app, Job& job) {
  auto pull = std::make_shared<PullCommand>();
  CLI::App* command = app.add_subcommand("pull", "Fetch a model from Hugging Face or a server that speaks like it");
  command->add_option("NAME", pull->name, "OWNER/NAME, OWNER/NAME:file.gguf or OWNER/NAME:Q4_K_M")->required();
  command->add_flag("--quiet", pull->quiet, "Print only the path of the model");
  // A token on the command line could be read by every user of the machine.
  pull->flags.add_to(*command, "How to fetch", {"token"}, {{"to", ""}, {"endpoint", ""}});
  command->footer(
      "Example:\n  pmtune pull HuggingFaceTB/SmolLM2-135M-Instruct\nPrivate and gated models need HF_TOKEN. What was "
      "interrupted goes on where it was.");
  command->callback([pull, &job] { job = [pull] { return pull->run(); }; });
}

}  // namespace pmtune::cli
