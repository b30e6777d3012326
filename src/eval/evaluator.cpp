#include <algorithm>
#include <map>
#include <memory>

#include "base/fail.hpp"
#include "data/system_prompt.hpp"
#include "base/options.hpp"
#include "eval/suite.hpp"
#include "base/utc.hpp"
#include "eval/verdict.hpp"
#include "pmtune/evaluator.hpp"

namespace pmtune {
namespace {

// What both arms share: the same system prompt, the same held-out examples.
struct Setting {
  std::string system;
  std::shared_ptr<const TrainingRecord> record;  // of the tuned model; keeps `held_out` alive
  const Dataset* held_out = nullptr;             // nullptr when there is none
  bool held_out_chose_epoch = false;
};

Setting setting_for(const Model& tuned, const Dataset* held_out, const EvalOptions& options) {
  Setting setting;
  setting.record = tuned.training_record();
  const Dataset* recorded = setting.record && !setting.record->held_out.empty() ? &setting.record->held_out : nullptr;
  setting.held_out = held_out ? (held_out->empty() ? nullptr : held_out) : recorded;
  setting.held_out_chose_epoch = !held_out && recorded && setting.record->config.keep_best;
  setting.system = options.system;
  if (setting.system.empty() && setting.record) setting.system = setting.record->system;
  if (setting.system.empty() && setting.held_out) setting.system = data::usual_system_prompt(*setting.held_out);
  return setting;
}

std::string name_of(const Model& model) {
  const ModelInfo& info = model.info();
  if (!model.has_adapter()) return info.name;
  return info.adapter.empty() ? info.name + " + adapter" : concat(info.name, " + ", info.adapter);
}

EvalAnswer ask(const Model& model, const EvalPrompt& prompt, const Setting& setting, const EvalOptions& options) {
  std::vector<Message> messages;
  if (!setting.system.empty()) messages.push_back({"system", setting.system});
  messages.push_back({"user", prompt.prompt});
  GenerateOptions generate;
  generate.max_tokens = options.max_tokens;
  generate.temperature = options.temperature;
  generate.repetition_penalty = options.repetition_penalty;
  generate.seed = options.seed;
  Generation generation = model.generate(messages, generate);
  EvalAnswer answer;
  answer.prompt_id = prompt.id;
  answer.tokens = static_cast<std::int64_t>(generation.ids.size());
  answer.seconds = generation.seconds;
  answer.finish = generation.finish;
  for (const FormatCheck& check : prompt.checks) answer.checks.push_back(run_check(check, generation.text));
  answer.text = std::move(generation.text);
  return answer;
}

EvalArm measure(const Model& model, const std::string& label, const std::vector<EvalPrompt>& prompts,
                const Setting& setting, const EvalOptions& options, const EvalCallback& progress) {
  EvalArm arm;
  arm.label = label;
  arm.model = name_of(model);
  const auto of = static_cast<std::int64_t>(prompts.size());
  for (const EvalPrompt& prompt : prompts) {
    arm.answers.push_back(ask(model, prompt, setting, options));
    const auto done = static_cast<std::int64_t>(arm.answers.size());
    if (progress && progress({label, done, of}) == Control::stop)
      fail(Code::cancelled, "The evaluation was stopped after ", done, " of ", of, " answers of the ", label,
           " model.");
  }
  if (setting.held_out) arm.held_out = model.losses(*setting.held_out);
  eval::summarise(arm);
  return arm;
}

std::string note_on_system(const Setting& setting, const EvalOptions& options) {
  if (setting.system.empty())
    return "The questions were asked without a system prompt, because none is known from the training data.";
  return concat("Every question was asked with the system prompt ",
                options.system.empty() ? "of the training data" : "given in the options", ": \"", setting.system,
                "\".");
}

std::string note_on_cut_answers(const EvalReport& report, const EvalOptions& options) {
  std::string list;
  std::int64_t all = 0;
  for (const EvalArm& arm : report.arms) {
    const auto cut = std::count_if(arm.answers.begin(), arm.answers.end(),
                                   [](const EvalAnswer& answer) { return answer.finish == FinishReason::length; });
    if (cut > 0) list += concat(list.empty() ? "" : " and ", cut, " of the ", arm.label, " model");
    all += cut;
  }
  if (all == 0) return "";
  return concat("Answers cut off at ", options.max_tokens, " tokens: ", list,
                ". What they would have gone on to say was not checked; a larger max_tokens lets them finish.");
}

void add_notes(EvalReport& report, const Setting& setting, const EvalOptions& options) {
  auto note = [&](std::string text) {
    if (!text.empty()) report.notes.push_back(std::move(text));
  };
  note(
      "The checks look at the form of an answer, not at whether it is true. Read the answers, and rate them, before "
      "you rely on "
      "a model.");
  if (report.suite == eval::built_in_suite)
    note(
        "The checks describe one house style. The base model knows it only from the system prompt; a longer prompt "
        "that "
        "spells the style out might raise its score as well.");
  note(options.temperature == 0
           ? "Each answer takes the most likely word at every step, so the comparison can be repeated."
           : concat("Answers were drawn at random (temperature ", options.temperature, ", seed ", options.seed,
                    "); another seed gives other answers."));
  if (options.repetition_penalty != 1)
    note(concat("Words that an answer has used already were made less likely (penalty ", options.repetition_penalty,
                "), for both models alike."));
  note(note_on_system(setting, options));
  note(note_on_cut_answers(report, options));
  if (!setting.held_out)
    note("No examples were held out, so there is no loss to compare. Train with validation above 0 to get one.");
  else if (setting.held_out_chose_epoch)
    note(concat("The ", setting.held_out->size(),
                " held-out examples were not trained on, but they may have chosen the best epoch, so "
                "the tuned model's loss on them is slightly flattering."));
}

EvalReport start_report(const std::string& suite, const std::vector<EvalPrompt>& prompts, const Setting& setting) {
  EvalReport report;
  report.suite = suite;
  report.created = utc_now();
  report.prompts = prompts;
  if (setting.record) report.history = setting.record->history;
  return report;
}

}  // namespace

Evaluator::Evaluator(const std::string& suite, const EvalOptions& options)
    : suite_(suite), prompts_(eval::load_suite(suite)), options_(options) {
  validate_options(options_);
}

EvalReport Evaluator::run(const Model& model, const Dataset* held_out, const EvalCallback& progress) const {
  const Setting setting = setting_for(model, held_out, options_);
  EvalReport report = start_report(suite_, prompts_, setting);
  report.arms.push_back(
      measure(model, model.has_adapter() ? "tuned" : "base", prompts_, setting, options_, progress));
  report.verdict.sentence = "One model was measured; compare it with its base to learn whether training helped.";
  add_notes(report, setting, options_);
  return report;
}

EvalReport Evaluator::compare(const Model& base, const Model& tuned, const Dataset* held_out,
                              const EvalCallback& progress) const {
  const Setting setting = setting_for(tuned, held_out, options_);
  EvalReport report = start_report(suite_, prompts_, setting);
  report.arms.push_back(measure(base, "base", prompts_, setting, options_, progress));
  report.arms.push_back(measure(tuned, "tuned", prompts_, setting, options_, progress));
  report.verdict = eval::judge_pair(report.arms[0], report.arms[1]);
  add_notes(report, setting, options_);
  if (base.has_adapter() && setting.held_out)
    report.notes.push_back(
        "The model that served as base is fine-tuned as well; if it was trained on some of the held-out examples, "
        "its loss on "
        "them is flattering.");
  return report;
}

double Evaluator::forgetting(const Model&, const Model&) const {
  fail(Code::unsupported,
       "Measuring what a model forgot is not built yet; compare() with a suite of your own questions shows it by eye "
       "meanwhile.");
}

EvalReport Evaluator::judge(const EvalReport&, const Model&) const {
  fail(Code::unsupported,
       "Rating by a local model is not built yet; rate the answers yourself in the HTML report's rubric.");
}

}  // namespace pmtune
