// pmtune train FILE: plan, train, judge, register, and say what to do next.
#include <iostream>
#include <memory>
#include <optional>
#include <pmtune/pmtune.hpp>
#include <sstream>

#include "commands.hpp"
#include "evaluation.hpp"
#include "examples.hpp"
#include "interrupt.hpp"
#include "records.hpp"
#include "shared_flags.hpp"
#include "terminal.hpp"

namespace pmtune::cli {
namespace {

struct TrainFlags {
  std::string data;
  std::string validation_data;
  std::string model = "smollm2-135m-instruct";
  std::string preset = "balanced";
  bool suggest = true;
  bool resume = false;
  bool no_eval = false;
  bool json = false;
  bool quiet = false;
  std::string notes;
  std::string html;
  RegistryFlag registry;
  ModelFlags model_flags;
  Flags<TrainConfig> config_flags;
};

// One run of the command.
class Train {
 public:
  explicit Train(const TrainFlags& flags)
      : flags_(flags),
        out_(flags.quiet  ? silence()
             : flags.json ? std::cerr
                          : std::cout) {}

  int run() {
    ModelRegistry registry = flags_.registry.open();  // a folder that cannot be used must not cost a training
    const Dataset data = load_examples(flags_.data, flags_.registry);
    std::optional<Dataset> validation;
    if (!flags_.validation_data.empty()) validation = Dataset::load(flags_.validation_data);
    const Model base = load_base();
    const TrainConfig config = choose_config(base, data);
    LoraTrainer trainer(base, config);
    const Plan plan = trainer.plan(data);
    out_ << plan << "\n\n";
    const TrainResult result = train(trainer, data, validation ? &*validation : nullptr);
    tell(result);
    const std::optional<EvalReport> report = judge(base, result, validation ? &*validation : nullptr);
    const ModelVersion version =
        report ? registry.add(result, *report, flags_.notes) : registry.add(result, flags_.notes);
    if (report && !flags_.html.empty()) report->save_html(flags_.html);
    if (flags_.json)
      print_json(plan, result, report, version);
    else
      tell_where(version, report);
    return result.cancelled ? exit_problem : exit_ok;
  }

 private:
  Model load_base() const {
    ModelOptions options = flags_.model_flags.options();
    if (flags_.config_flags.given("max_memory")) options.max_memory = flags_.config_flags.values().max_memory;
    return load_model(flags_.model, flags_.registry, options);
  }

  // The preset, adapted unless that was declined, and over it what the person wrote.
  TrainConfig choose_config(const Model& base, const Dataset& data) const {
    TrainConfig config =
        flags_.suggest ? TrainConfig::suggest(base, data, flags_.preset) : TrainConfig::preset(flags_.preset);
    flags_.config_flags.apply_to(config);
    if (flags_.config_flags.given("learning_rate") || flags_.config_flags.given("epochs")) config.suggestion.clear();
    return config;
  }

  TrainResult train(LoraTrainer& trainer, const Dataset& data, const Dataset* validation) {
    Interrupt interrupt(&trainer);
    StatusLine line;
    const auto show = [&](const TrainProgress& progress) {
      std::ostringstream text;
      text << progress;
      if (progress.event == TrainEvent::finished) finished_ = text.str();
      if (progress.event == TrainEvent::step && !flags_.quiet) line.show(progress.step, progress.steps, text.str());
      if (progress.event == TrainEvent::started || progress.event == TrainEvent::epoch) {
        line.clear();
        out_ << text.str() << std::endl;
      }
      return Control::resume;
    };
    return trainer.train(data, show, validation, flags_.resume);
  }

  void tell(const TrainResult& result) const {
    if (result.cancelled)
      out_ << painted(out_, Colour::yellow, "Training was stopped early; what was learned until then is kept.")
           << '\n';
    else
      out_ << painted(out_, Colour::green, finished_) << '\n';
    for (const Diagnosis& diagnosis : result.diagnosis)
      out_ << diagnosis.message << (diagnosis.fix.empty() ? "" : " ") << diagnosis.fix << '\n';
    out_ << std::flush;
  }

  // Nothing when it was not wanted, or was interrupted: the model that was just trained must not be lost for that.
  std::optional<EvalReport> judge(const Model& base, const TrainResult& result, const Dataset* held_out) const {
    if (flags_.no_eval || result.cancelled) return std::nullopt;
    try {
      ShownProgress progress;
      EvalReport report = Evaluator().compare(base, result.model, held_out, progress.callback());
      if (report.history.empty()) report.history = result.history;
      return report;
    } catch (const Error& error) {
      out_ << painted(out_, Colour::yellow, std::string("The model was not judged: ") + error.what()) << '\n';
      return std::nullopt;
    }
  }

  void tell_where(const ModelVersion& version, const std::optional<EvalReport>& report) const {
    if (report) out_ << '\n' << report->verdict.sentence << '\n';
    std::cout << (flags_.quiet ? "" : "\n") << version.id
              << (flags_.quiet ? "\n" : " is in " + version.folder + "\n");
    if (report && !flags_.html.empty()) out_ << "Report: " << flags_.html << '\n';
    const std::string registry = flags_.registry.folder == "models" ? "" : " --registry " + flags_.registry.folder;
    out_ << "\nNext:\n"
         << "  pmtune chat " << version.id << registry << '\n'
         << "  pmtune eval " << version.id << " --html report.html" << registry << '\n'
         << "  pmtune promote " << version.id << registry << '\n';
  }

  static void print_json(const Plan& plan, const TrainResult& result, const std::optional<EvalReport>& report,
                         const ModelVersion& version) {
    Json json{{"version", json_of(version)}, {"cancelled", result.cancelled},
              {"metrics", result.metrics},   {"diagnosis", json_of(result.diagnosis)},
              {"plan", json_of(plan)},       {"report", report ? Json::parse(report->to_json()) : Json(nullptr)}};
    std::cout << json.dump(2) << '\n';
  }

  const TrainFlags& flags_;
  std::ostream& out_;
  std::string finished_;  // the last line of the log: "Training completed successfully! ..."
};

// Options whose default is set by the preset: found by looking where the presets differ.
std::map<std::string, std::string> set_by_preset() {
  std::map<std::string, std::string> varying;
  const TrainConfig balanced = TrainConfig::preset("balanced");
  for (const char* name : {"documents", "communications"})
    fields(TrainConfig::preset(name), [&](const Field& field, const auto& value) {
      fields(balanced, [&](const Field& other, const auto& usual) {
        if constexpr (std::is_same_v<decltype(value), decltype(usual)>)
          if (std::string_view(field.name) == other.name && !(value == usual)) varying[field.name] = "by preset";
      });
    });
  return varying;
}

}  // namespace

void add_train(CLI::App& app, Job& job) {
  auto flags = std::make_shared<TrainFlags>();
  CLI::App* command = app.add_subcommand("train", "Teach a model your examples and keep the result as a new version");
  command->add_option("FILE", flags->data, "A file of examples, or a version of them such as PM-examples-d3")
      ->required();
  command
      ->add_option("--model", flags->model,
                   "Known name, GGUF file, Hugging Face folder or version (default smollm2-135m-instruct)")
      ->type_name("MODEL");
  command
      ->add_option("--preset", flags->preset,
                   "Starting point: documents, communications or balanced (default balanced)")
      ->check(CLI::IsMember({"documents", "communications", "balanced"}).description(""))
      ->type_name("NAME");
  command->add_flag("--suggest,!--no-suggest", flags->suggest,
                    "Adapt the preset to the size of model and data, except where you set a value (default yes)");
  command->add_option("--validation-data", flags->validation_data, "Examples to hold out, instead of a part of FILE")
      ->type_name("FILE");
  command->add_flag("--resume", flags->resume, "Go on from the newest checkpoint in --checkpoint-dir");
  command->add_option("--notes", flags->notes, "What to remember about this version")->type_name("TEXT");
  command->add_option("--html", flags->html, "Write the comparison with the base as a page")->type_name("FILE");
  command->add_flag("--no-eval", flags->no_eval, "Do not compare with the base model afterwards");
  command->add_flag("--json", flags->json, "Print one JSON object at the end; everything else goes to stderr");
  command->add_flag("--quiet", flags->quiet, "Print only the name of the new version");
  flags->registry.add_to(*command);
  flags->config_flags.add_to(*command, "How to train", {}, set_by_preset());
  flags->model_flags.add_to(*command, false);
  command->footer(
      "Example:\n  pmtune train examples/dataset.jsonl --preset documents --name PM-PRDs --html report.html\n"
      "Ctrl-C stops after the current step and keeps what was learned.");
  command->callback([flags, &job] { job = [flags] { return Train(*flags).run(); }; });
}

}  // namespace pmtune::cli
