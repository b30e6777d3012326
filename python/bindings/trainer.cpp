// LoraTrainer and TrainResult.
#include <pmtune/lora_trainer.hpp>

#include "base/fail.hpp"
#include "callbacks.hpp"
#include "convert.hpp"

namespace pmtune::python {
namespace {

py::dict event_of(const TrainProgress& progress) {
  py::dict event = to_dict(progress);
  event["text"] = text(printed(progress));
  return event;
}

TrainResult train(LoraTrainer& trainer, const Dataset& data, const Dataset* validation, const py::object& progress,
                  bool resume) {
  const Reporter reporter("train", progress);
  const auto on_progress = [&](const TrainProgress& event) {
    const py::gil_scoped_acquire gil;
    check_signals();
    return reporter.listening() ? reporter.tell(event_of(event)) : Control::resume;
  };
  return without_gil([&] { return trainer.train(data, on_progress, validation, resume); });
}

void bind_result(py::module_& module) {
  auto type = public_class<TrainResult>(module, "TrainResult", "What LoraTrainer.train() returns.");
  type.def_property_readonly(
      "model", [](const TrainResult& self) { return self.model; }, "The base with the new adapter.");
  type.def_property_readonly(
      "history", [](const TrainResult& self) { return to_list(self.history); },
      "Every step and epoch as a plain dict; pandas.DataFrame(result.history) works. What was not measured is None.");
  type.def_property_readonly(
      "diagnosis", [](const TrainResult& self) { return to_list(self.diagnosis); },
      "What happened, as a list of {code, severity, message, fix}.");
  type.def_property_readonly(
      "metrics", [](const TrainResult& self) { return numbers(self.metrics); },
      "Figures by name: train_loss, validation_loss_before, validation_loss, seconds, ...");
  type.def_property_readonly(
      "config", [](const TrainResult& self) { return self.config; }, "The TrainConfig that was used.");
  type.def_readonly("cancelled", &TrainResult::cancelled,
                    "True when stopped early; the model holds what was learned until then.");
  type.def("__repr__", [](const TrainResult& self) {
    return text(concat("<pmtune.TrainResult of ", self.config.name, ": ", self.history.size(), " events",
                       self.cancelled ? ", cancelled>" : ">"));
  });
  bind_html(type, "train_result");
}

}  // namespace

void bind_trainer(py::module_& module) {
  bind_result(module);
  auto type =
      public_class<LoraTrainer>(module, "LoraTrainer", "Teaches a model examples by training a small LoRA adapter.");
  type.def(py::init([](const Model& model, const TrainConfig* config) {
             const TrainConfig chosen = config ? *config : TrainConfig{};
             return without_gil([&] { return LoraTrainer(model, chosen); });
           }),
           "model"_a, "config"_a = py::none(),
           "A model that carries an adapter goes on training that adapter. Raises InvalidArgument for a bad config.");
  type.def_property_readonly(
      "config", [](const LoraTrainer& self) { return self.config(); }, "A copy of the configuration.");
  type.def(
      "plan",
      [](const LoraTrainer& self, const Dataset& data) {
        return to_record(without_gil([&] { return self.plan(data); }));
      },
      "data"_a,
      "plan($self, data)\n--\n\nWhat training would need, before any work: a Plan (peak_memory in bytes, seconds, "
      "steps, ...); print it.");
  type.def(
      "train", &train, "data"_a, "validation"_a = py::none(), "progress"_a = "auto", "resume"_a = false,
      "train($self, data, validation=None, progress='auto', resume=False)\n--\n\n"
      "Train to the end and return a TrainResult.\n\n"
      "validation: a Dataset to measure on; None splits data by config.validation. progress: True shows a bar, None "
      "or\n"
      "False nothing, 'auto' a bar in a terminal or notebook; a function gets a dict for each event (the fields of "
      "history\n"
      "and text, the log line) and may return False to stop. What it raises ends the training and comes out "
      "unchanged.\n"
      "resume: go on from the newest checkpoint in config.checkpoint_dir. Ctrl-C raises KeyboardInterrupt. Raises\n"
      "InvalidArgument, OutOfMemory, Cancelled (stopped before the first step), Busy, IoError.");
  type.def("cancel", &LoraTrainer::cancel,
           "cancel($self)\n--\n\nFrom any thread: end train() with what was learned so far.");
  type.def("pause", &LoraTrainer::pause,
           "pause($self)\n--\n\nFrom any thread: train() waits until resume() or cancel().");
  type.def("resume", &LoraTrainer::resume, "resume($self)\n--\n\nFrom any thread: go on after pause().");
  type.def("__repr__",
           [](const LoraTrainer& self) { return text(concat("<pmtune.LoraTrainer for ", self.config().name, ">")); });
}

}  // namespace pmtune::python
