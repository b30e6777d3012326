// TrainConfig and its presets.
#include <pmtune/lora_trainer.hpp>

#include "convert.hpp"
#include "options.hpp"

namespace pmtune::python {
namespace {

std::string class_doc() {
  std::string doc =
      "How to fine-tune. Keyword arguments and attributes, each checked when set; None takes the default.\n";
  fields(TrainConfig{}, [&](const Field& field, const auto& value) {
    doc += concat("\n", field.name, "=", py::repr(option_to_python(value)).template cast<std::string>(), ": ",
                  field_doc(field));
  });
  return doc;
}

TrainConfig unpickled(const py::tuple& state) {
  auto config = with_options(TrainConfig{}, state[0].cast<py::dict>());
  config.suggestion = state[1].cast<std::string>();
  return config;
}

}  // namespace

void bind_config(py::module_& module) {
  auto type = public_class<TrainConfig>(module, "TrainConfig", class_doc().c_str());
  bind_options(type, "TrainConfig");
  type.def_static(
      "preset",
      [](const std::string& name, const py::kwargs& overrides) {
        return with_options(TrainConfig::preset(name), overrides);
      },
      "preset"_a, py::pos_only(),
      "preset(preset, /, **overrides)\n--\n\n"
      "'documents' (PRDs, specifications), 'communications' (e-mails, updates) or 'balanced', with some options "
      "changed.");
  type.def_static(
      "suggest",
      [](const Model& model, const Dataset& data, const std::string& preset, const py::kwargs& overrides) {
        const TrainConfig config = without_gil([&] { return TrainConfig::suggest(model, data, preset); });
        TrainConfig changed = with_options(config, overrides);
        if (overrides.contains("learning_rate") || overrides.contains("epochs")) changed.suggestion.clear();
        return changed;
      },
      "model"_a, "data"_a, "preset"_a = "balanced",
      "suggest(model, data, preset='balanced', **overrides)\n--\n\n"
      "The preset adapted to the size of model and data; .suggestion says what was changed and why.");
  type.def_property_readonly(
      "suggestion", [](const TrainConfig& self) { return text(self.suggestion); },
      "What suggest() changed and why; empty otherwise.");
  type.def("validate", &TrainConfig::validate,
           "validate($self)\n--\n\nRaises InvalidArgument for values that do not go together.");
  type.def(
      "to_json", [](const TrainConfig& self) { return text(self.to_json()); },
      "to_json($self)\n--\n\nAll options as JSON text.");
  type.def_static("from_json", &TrainConfig::from_json, "text"_a, "from_json(text)\n--\n\nThe reverse of to_json().");
  type.def(
      py::pickle([](const TrainConfig& self) { return py::make_tuple(options_to_dict(self), text(self.suggestion)); },
                 &unpickled));
  bind_html(type, "config");
}

}  // namespace pmtune::python
