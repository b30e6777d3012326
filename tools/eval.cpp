// pmtune eval REF: asks a model and its base (or another version) the same questions and says which is better.
#include <iostream>
#include <memory>
#include <optional>
#include <pmtune/pmtune.hpp>

#include "commands.hpp"
#include "evaluation.hpp"
#include "shared_flags.hpp"

namespace pmtune::cli {
namespace {

struct Eval {
  std::string reference;
  std::string against = "base";
  std::string held_out;
  std::string html;
  std::string json;
  RegistryFlag registry;
  ModelFlags model;
  EvaluationFlags evaluation;

  int run() const {
    const Model tuned = load_model(reference, registry, model.options());
    std::optional<Dataset> examples;
    if (!held_out.empty()) examples = Dataset::load(held_out);
    const EvalReport report = judge(tuned, examples ? &*examples : nullptr);
    std::cout << report.to_text();
    if (!html.empty()) report.save_html(html);
    if (!json.empty()) report.save(json);
    if (!html.empty()) std::cout << "\nAnswers side by side: " << html << '\n';
    if (!json.empty()) std::cout << "All figures: " << json << '\n';
    return exit_ok;
  }

 private:
  // A model without adapter is its own base: there is nothing to compare it with unless the person names something.
  EvalReport judge(const Model& tuned, const Dataset* examples) const {
    const Evaluator evaluator = evaluation.evaluator();
    ShownProgress progress;
    if (against != "base")
      return evaluator.compare(load_model(against, registry, model.options()), tuned, examples, progress.callback());
    if (tuned.has_adapter()) return evaluator.compare(tuned.base(), tuned, examples, progress.callback());
    return evaluator.run(tuned, examples, progress.callback());
  }
};

}  // namespace

void add_eval(CLI::App& app, Job& job) {
  auto eval = std::make_shared<Eval>();
  CLI::App* command = app.add_subcommand("eval", "Judge a model against its base or another version");
  command->add_option("REF", eval->reference, "PM-Assistant-v1, PM-Assistant@primary, a model file or folder")
      ->required();
  command->add_option("--against", eval->against, "What to compare with: base, or another reference (default base)")
      ->type_name("REF");
  command
      ->add_option("--held-out", eval->held_out,
                   "Examples that were not trained on (default: those that training held out)")
      ->type_name("FILE");
  command->add_option("--html", eval->html, "Write the report as a page, answers side by side")->type_name("FILE");
  command->add_option("--json", eval->json, "Write the report as JSON")->type_name("FILE");
  eval->registry.add_to(*command);
  eval->evaluation.add_to(*command);
  eval->model.add_to(*command);
  command->footer("Example:\n  pmtune eval PM-Assistant@candidate --against PM-Assistant@primary --html report.html");
  command->callback([eval, &job] { job = [eval] { return eval->run(); }; });
}

}  // namespace pmtune::cli
