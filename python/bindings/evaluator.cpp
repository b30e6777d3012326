// Evaluator and run_check.
#include <pmtune/evaluator.hpp>

#include "base/fail.hpp"
#include "callbacks.hpp"
#include "convert.hpp"
#include "options.hpp"

namespace pmtune::python {
namespace {

// Calls `work` with an EvalCallback that shows progress and listens for Ctrl-C.
template <class Work>
EvalReport with_progress(const py::object& progress, Work&& work) {
  const Reporter reporter("evaluate", progress);
  const EvalCallback callback = [&](const EvalProgress& p) {
    const py::gil_scoped_acquire gil;
    check_signals();
    return reporter.tell(py::dict("event"_a = "answer", "arm"_a = text(p.arm), "done"_a = p.done, "of"_a = p.of));
  };
  return without_gil([&] { return work(callback); });
}

EvalReport run(const Evaluator& evaluator, const Model& model, const Dataset* held_out, const py::object& progress) {
  return with_progress(progress,
                       [&](const EvalCallback& callback) { return evaluator.run(model, held_out, callback); });
}

EvalReport compare(const Evaluator& evaluator, const Model& base, const Model& tuned, const Dataset* held_out,
                   const py::object& progress) {
  return with_progress(
      progress, [&](const EvalCallback& callback) { return evaluator.compare(base, tuned, held_out, callback); });
}

FormatCheck check_of(const py::dict& values) {
  FormatCheck check;
  for (const auto& [key, value] : values) {
    const auto name = py::str(key).cast<std::string>();
    if (name == "kind")
      check.kind = value.cast<std::string>();
    else if (name == "label")
      check.label = value.cast<std::string>();
    else if (name == "text")
      check.text = value.cast<std::string>();
    else if (name == "least")
      check.least = value.cast<std::int64_t>();
    else if (name == "most")
      check.most = value.cast<std::int64_t>();
    else
      fail(Code::invalid_argument, "A check has no entry \"", name, "\".",
           did_you_mean(name, {"kind", "label", "text", "least", "most"}));
  }
  return check;
}

}  // namespace

void bind_evaluator(py::module_& module) {
  auto type = public_class<Evaluator>(
      module, "Evaluator",
      "Asks models a suite's questions, checks the form of the answers and measures held-out loss.");
  type.def(py::init([](const py::object& suite, const py::kwargs& named) {
             const std::string name = path_of(suite);
             const auto options = with_options(EvalOptions{}, named);
             return without_gil([&] { return Evaluator(name, options); });
           }),
           "suite"_a = "product-management",
           "suite: 'product-management' or a JSON file with prompts and checks. Options: max_tokens=400, "
           "temperature=0, seed=0,\n"
           "system='' (empty takes the system prompt that the tuned model was taught with).");
  type.def_property_readonly(
      "prompts", [](const Evaluator& self) { return to_list(self.prompts()); },
      "List of {id, category, prompt, checks}.");
  type.def("run", &run, "model"_a, "held_out"_a = py::none(), "progress"_a = "auto",
           "run($self, model, held_out=None, progress='auto')\n--\n\n"
           "Measure one model. held_out: a Dataset; None takes what the model's training held out. progress: as for "
           "train();\n"
           "a function gets {event, arm, done, of} after each answer, and False ends with Cancelled.");
  type.def("compare", &compare, "base"_a, "tuned"_a, "held_out"_a = py::none(), "progress"_a = "auto",
           "compare($self, base, tuned, held_out=None, progress='auto')\n--\n\n"
           "The same questions to both, and a verdict: better, worse, or cannot tell. Arguments as for run().");
  type.def(
      "forgetting",
      [](const Evaluator& self, const Model& base, const Model& tuned) {
        return number(without_gil([&] { return self.forgetting(base, tuned); }));
      },
      "base"_a, "tuned"_a,
      "forgetting($self, base, tuned)\n--\n\nDrift on general questions. Not built yet: raises Unsupported.");
  type.def(
      "judge",
      [](const Evaluator& self, const EvalReport& report, const Model& judge) {
        return without_gil([&] { return self.judge(report, judge); });
      },
      "report"_a, "judge"_a,
      "judge($self, report, judge)\n--\n\nA local model rates the answers. Not built yet: raises Unsupported.");
  module.def(
      "run_check",
      [](const py::dict& check, const std::string& answer) { return to_dict(run_check(check_of(check), answer)); },
      "check"_a, "answer"_a,
      "run_check(check, answer)\n--\n\nOne form check {kind, label, text, least, most} on one answer: {label, "
      "passed, note}.");
}

}  // namespace pmtune::python
