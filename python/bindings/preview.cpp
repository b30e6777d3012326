// DatasetPreview, Surprises and rank_surprises.
#include <pmtune/dataset_preview.hpp>
#include <pmtune/surprises.hpp>

#include "base/fail.hpp"
#include "callbacks.hpp"
#include "convert.hpp"
#include "options.hpp"

namespace pmtune::python {
namespace {

// One entry of what to_json() writes, so that names and None for what was not measured are those of every door.
template <class Result>
py::object entry(const Result& result, const char* name) {
  return parsed(result.to_json())[name];
}

// An inner page: its styles must not reach the notebook's own, and it is not trusted to hold no scripts.
std::string framed(const std::string& page) {
  std::string escaped;
  for (const char c : page) escaped += c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
  return concat("<iframe sandbox srcdoc=\"", escaped, "\" style=\"width:100%;height:640px;border:0\"></iframe>");
}

void bind_preview_figures(py::class_<DatasetPreview>& type) {
  type.def_property_readonly(
      "model", [](const DatasetPreview& self) { return text(self.model); }, "The model's name.");
  type.def_readonly("context_length", &DatasetPreview::context_length, "Tokens: the option's or the model's own.");
  type.def_property_readonly(
      "examples", [](const DatasetPreview& self) { return entry(self, "examples"); },
      "List of {index, origin, line, error, tokens, taught, tokens_cut, taught_cut, runs, answers}.\n\n"
      "runs: {text, tokens, taught, cut}. answers: {turn, tokens, tokens_cut, end_token, end_text, end_position,\n"
      "end_is_taught, end_stops, end_is_cut}. error: why the example cannot be taught, else empty.");
  type.def_property_readonly(
      "stop_tokens", [](const DatasetPreview& self) { return text_list(self.stop_tokens); },
      "Texts of the tokens at which the model ends an answer.");
  type.def_property_readonly(
      "example_tokens", [](const DatasetPreview& self) { return entry(self, "example_tokens"); },
      "{least, median, most, total, bars} of the examples' tokens; bars: {from, to, count}.");
  type.def_property_readonly(
      "answer_tokens", [](const DatasetPreview& self) { return entry(self, "answer_tokens"); },
      "The same of the taught answers.");
  type.def_readonly("taught", &DatasetPreview::taught, "Taught tokens in all.");
  type.def_readonly("answers", &DatasetPreview::answers, "Answers that are taught.");
  type.def_readonly("answers_proved", &DatasetPreview::answers_proved,
                    "Answers that end on a token which is taught and stops the model.");
  type.def_readonly("answers_cut", &DatasetPreview::answers_cut, "Answers that lose tokens to the context length.");
  type.def_readonly("too_long", &DatasetPreview::too_long, "Examples longer than the context length.");
  type.def_readonly("tokens_cut", &DatasetPreview::tokens_cut, "Tokens behind the context length.");
  type.def_readonly("refused", &DatasetPreview::refused, "Examples that cannot be taught.");
}

void bind_preview_forms(py::class_<DatasetPreview>& type) {
  type.def(
      "to_text", [](const DatasetPreview& self, std::size_t count) { return text(self.to_text(count)); },
      "count"_a = 1,
      "to_text($self, count=1)\n--\n\nOne screen of figures, then the first examples: [[taught]], {{cut: cut off}}.");
  type.def(
      "to_json", [](const DatasetPreview& self) { return text(self.to_json()); },
      "to_json($self)\n--\n\nEverything as JSON text.");
  type.def(
      "to_dict", [](const DatasetPreview& self) { return parsed(self.to_json()); },
      "to_dict($self)\n--\n\nEverything as plain values.");
  type.def(
      "to_html", [](const DatasetPreview& self) { return text(self.to_html()); },
      "to_html($self)\n--\n\nOne HTML page that needs no network.");
  type.def(
      "save_html",
      [](const DatasetPreview& self, const py::object& path) {
        const std::string file = path_of(path);
        without_gil([&] { self.save_html(file); });
      },
      "path"_a, "save_html($self, path)\n--\n\nWrite that page, atomically. Raises IoError.");
  type.def(
      "_repr_html_", [](const DatasetPreview& self) { return text(framed(self.to_html())); }, "HTML for a notebook.");
  type.def("__str__", [](const DatasetPreview& self) { return text(self.to_text()); });
  type.def("__repr__", [](const DatasetPreview& self) {
    return text(concat("<pmtune.DatasetPreview of ", self.examples.size(), " examples: ", self.taught, " of ",
                       self.example_tokens.total, " tokens taught, ", self.answers_proved, " of ", self.answers,
                       " ends proved>"));
  });
}

void bind_preview_class(py::module_& module) {
  auto type = public_class<DatasetPreview>(module, "DatasetPreview",
                                           "What a model will be taught: tokens, what is taught, what is cut, and "
                                           "how each answer ends. Print it, or let a "
                                           "notebook show it.");
  type.def_static(
      "of",
      [](const Model& model, const Dataset& data, const py::kwargs& named) {
        const auto options = with_options(PreviewOptions{}, named);
        return without_gil([&] { return DatasetPreview::of(model, data, options); });
      },
      "model"_a, "data"_a,
      "of(model, data, *, context_length=4096)\n--\n\n"
      "Look at every example as the model sees it; the same as model.preview(data). Never raises for what an "
      "example\n"
      "contains.");
  bind_preview_figures(type);
  bind_preview_forms(type);
}

void bind_surprises_class(py::module_& module) {
  auto type = public_class<Surprises>(module, "Surprises",
                                      "Which examples surprise a model, the most telling first. Print it.");
  type.def_property_readonly(
      "model", [](const Surprises& self) { return text(self.model); }, "The model's name.");
  type.def_property_readonly(
      "ranked", [](const Surprises& self) { return entry(self, "ranked"); },
      "List of {index, origin, line, error, loss, tokens, unusual, own_loss, other_loss, gain, questions_tried,\n"
      "questions_better, best_question, specific_share, specific_words, spans, reasons}, those with reasons first.\n"
      "reasons: {code, message, fix, strength}. spans: {text, nats, turn, is_specific}.");
  type.def_readonly("flagged", &Surprises::flagged, "Examples with a reason.");
  type.def_property_readonly(
      "median_loss", [](const Surprises& self) { return number(self.median_loss); },
      "Median over the examples, nats a token; None without any.");
  type.def_property_readonly(
      "median_gain", [](const Surprises& self) { return number(self.median_gain); },
      "By how much their own questions help, median, nats a token; None when not compared.");
  type.def_property_readonly(
      "notes", [](const Surprises& self) { return text_list(self.notes); }, "What a careful reader should know.");
  type.def(
      "to_text", [](const Surprises& self, std::size_t count) { return text(self.to_text(count)); }, "count"_a = 5,
      "to_text($self, count=5)\n--\n\nThe lines to look at first, with reasons and cures.");
  type.def(
      "to_json", [](const Surprises& self) { return text(self.to_json()); },
      "to_json($self)\n--\n\nEverything as JSON text.");
  type.def(
      "to_dict", [](const Surprises& self) { return parsed(self.to_json()); },
      "to_dict($self)\n--\n\nEverything as plain values.");
  type.def("__str__", [](const Surprises& self) { return text(self.to_text()); });
  type.def("__repr__", [](const Surprises& self) {
    return text(concat("<pmtune.Surprises in ", self.ranked.size(), " examples: ", self.flagged, " to look at>"));
  });
  bind_html(type, "surprises");
}

Surprises ranked(const Model& model, const Dataset& data, const py::object& progress,
                 const SurpriseOptions& options) {
  const Reporter reporter("surprises", progress);
  const SurpriseCallback callback = [&](const SurpriseProgress& p) {
    const py::gil_scoped_acquire gil;
    check_signals();
    return reporter.tell(py::dict("event"_a = "reading", "done"_a = p.done, "of"_a = p.of));
  };
  return without_gil([&] { return rank_surprises(model, data, options, callback); });
}

}  // namespace

void bind_preview(py::module_& module) {
  bind_preview_class(module);
  bind_surprises_class(module);
  module.def(
      "rank_surprises",
      [](const Model& model, const Dataset& data, const py::object& progress, const py::kwargs& named) {
        return ranked(model, data, progress, with_options(SurpriseOptions{}, named));
      },
      "model"_a, "data"_a, "progress"_a = "auto",
      "rank_surprises(model, data, progress='auto', *, context_length=4096, compare_with=4, "
      "compare_tokens=64)\n--\n\n"
      "Which examples surprise a model (give it the base, before training): likely new facts, answers at the wrong\n"
      "question, outliers, what is known already. progress: as for train(); a function gets {event, done, of}, and\n"
      "False ends with Cancelled. Ctrl-C raises KeyboardInterrupt.");
}

}  // namespace pmtune::python
