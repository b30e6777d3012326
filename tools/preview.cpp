// pmtune preview FILE: the examples as the model will see them, with what is taught marked; or which of them to look
// at first.
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

struct Preview {
  std::string data;
  std::string model = "smollm2-135m-instruct";
  std::optional<std::size_t> count;
  std::string html;
  bool json = false;
  bool surprises = false;
  RegistryFlag registry;
  ModelFlags model_flags;
  Flags<PreviewOptions> flags;
  Flags<SurpriseOptions> surprise_flags;

  int run() const {
    const Dataset examples = Dataset::load(data);
    const Model loaded = load_model(model, registry, model_flags.options());
    return surprises ? look_for_surprises(loaded.base(), examples) : show(loaded, examples);
  }

 private:
  int show(const Model& loaded, const Dataset& examples) const {
    PreviewOptions options;
    flags.apply_to(options);
    const DatasetPreview preview = DatasetPreview::of(loaded, examples, options);
    if (!html.empty()) preview.save_html(html);
    if (json)
      std::cout << preview.to_json() << '\n';
    else
      std::cout << preview.to_text(count.value_or(html.empty() ? 1 : 0), marks());
    if (!html.empty() && !json) std::cout << "\nAll examples, marked: " << html << '\n';
    const bool is_whole = preview.refused == 0 && preview.answers_proved == preview.answers;
    return is_whole ? exit_ok : exit_problem;
  }

  // Brackets where there are no colours.
  static PreviewMarks marks() {
    PreviewMarks marks;
    const std::string end = paint_end(std::cout);
    if (end.empty()) return marks;
    marks.taught_begin = paint_begin(std::cout, Colour::underlined_green);
    marks.cut_begin = paint_begin(std::cout, Colour::struck_red);
    marks.title_begin = paint_begin(std::cout, Colour::bold);
    marks.taught_end = marks.cut_end = marks.title_end = end;
    return marks;
  }

  int look_for_surprises(const Model& base, const Dataset& examples) const {
    SurpriseOptions options;
    surprise_flags.apply_to(options);
    if (flags.given("context_length")) options.context_length = flags.values().context_length;
    const Interrupt interrupt;
    StatusLine line;
    const Surprises found = rank_surprises(base, examples, options, [&](const SurpriseProgress& progress) {
      line.show(progress.done, progress.of,
                "Reading: " + std::to_string(progress.done) + " of " + std::to_string(progress.of));
      return Interrupt::seen() ? Control::stop : Control::resume;
    });
    line.clear();
    std::cout << (json ? found.to_json() + '\n' : found.to_text(count.value_or(5)));
    return exit_ok;
  }
};

}  // namespace

void add_preview(CLI::App& app, Job& job) {
  auto preview = std::make_shared<Preview>();
  CLI::App* command =
      app.add_subcommand("preview", "Show examples as the model sees them, with what is taught marked");
  command->add_option("FILE", preview->data, "A .jsonl or .json file of examples")->required();
  command->add_option("--model", preview->model, "The model to prepare them for (default smollm2-135m-instruct)")
      ->type_name("MODEL");
  command->add_option("--count", preview->count, "How many examples to show (default 1; of surprises 5)")
      ->type_name("NUMBER");
  auto* html = command->add_option("--html", preview->html, "Write all examples as a page")->type_name("FILE");
  command->add_flag("--json", preview->json, "Print all figures and examples as JSON");
  command
      ->add_flag("--surprises", preview->surprises,
                 "Ask the base model which examples surprise it: lines to look at first, with reasons")
      ->excludes(html);
  preview->flags.add_to(*command, "How to read");
  preview->surprise_flags.add_to(*command, "How to look for surprises", {"context_length"});
  preview->registry.add_to(*command);
  preview->model_flags.add_to(*command);
  command->footer(
      "Examples:\n  pmtune preview examples/dataset.jsonl --count 2\n  pmtune preview examples/dataset.jsonl --html "
      "preview.html\n  pmtune preview examples/dataset.jsonl --surprises\nExits with 1 when an example cannot "
      "be taught, or an answer would not teach the model where to stop.");
  command->callback([preview, &job] { job = [preview] { return preview->run(); }; });
}

}  // namespace pmtune::cli
