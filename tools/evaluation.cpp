#include "evaluation.hpp"

#include "interrupt.hpp"
#include "terminal.hpp"

namespace pmtune::cli {

void EvaluationFlags::add_to(CLI::App& app) {
  app.add_option("--suite", suite, "Questions to ask: product-management, or a JSON file with prompts and checks")
      ->group("How to judge");
  flags.add_to(app, "How to judge", {}, {{"system", ""}});
}

Evaluator EvaluationFlags::evaluator() const {
  EvalOptions options;
  flags.apply_to(options);
  return Evaluator(suite, options);
}

struct ShownProgress::State {
  StatusLine line;
  Interrupt interrupt;
};

ShownProgress::ShownProgress() : state_(std::make_unique<State>()) {}
ShownProgress::~ShownProgress() = default;

EvalCallback ShownProgress::callback() {
  return [state = state_.get()](const EvalProgress& progress) {
    state->line.show(
        progress.done, progress.of,
        "Asking " + progress.arm + ": " + std::to_string(progress.done) + " of " + std::to_string(progress.of));
    return Interrupt::seen() ? Control::stop : Control::resume;
  };
}

}  // namespace pmtune::cli
