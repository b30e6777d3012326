// EvalReport.
#include <pmtune/evaluator.hpp>

#include <array>

#include "base/fail.hpp"
#include "convert.hpp"

namespace pmtune::python {
namespace {

py::dict scores_of(const EvalReport& report) {
  py::dict scores;
  for (const auto& [name, value] : report.scores()) scores[text(name)] = number(value);
  return scores;
}

bool known_prompt(const EvalReport& report, const std::string& id) {
  for (const EvalPrompt& prompt : report.prompts)
    if (prompt.id == id) return true;
  return false;
}

void add_rating(EvalReport& report, Rating rating) {
  if (!known_prompt(report, rating.prompt_id))
    fail(Code::invalid_argument, "The report has no prompt \"", rating.prompt_id, "\".");
  for (const int mark : {rating.accuracy, rating.format, rating.relevance, rating.completeness, rating.tone})
    if (mark < 0 || mark > 5)
      fail(Code::invalid_argument, "A mark is ", mark, "; it must be from 1 to 5, or 0 for not rated.");
  report.ratings.push_back(std::move(rating));
}

void bind_ratings(py::class_<EvalReport>& type) {
  type.def_property_readonly(
      "ratings", [](const EvalReport& self) { return to_list(self.ratings); },
      "People's ratings as a list of dicts; add_rating() adds one.");
  type.def(
      "add_rating",
      [](EvalReport& self, const std::string& prompt_id, const std::string& arm, const std::string& rater,
         int accuracy, int format, int relevance, int completeness, int tone, const std::string& comment) {
        add_rating(self, {prompt_id, arm, rater, accuracy, format, relevance, completeness, tone, comment});
      },
      "prompt_id"_a, "arm"_a, py::kw_only(), "rater"_a = "", "accuracy"_a = 0, "format"_a = 0, "relevance"_a = 0,
      "completeness"_a = 0, "tone"_a = 0, "comment"_a = "",
      "add_rating($self, prompt_id, arm, *, rater='', accuracy=0, format=0, relevance=0, completeness=0, tone=0, "
      "comment='')\n--\n\n"
      "Record a person's marks, 1 to 5 each (0 = not rated), for the answer of one arm ('base' or 'tuned').");
}

void bind_files(py::class_<EvalReport>& type) {
  type.def(
      "save",
      [](const EvalReport& self, const py::object& path) {
        const std::string file = path_of(path);
        without_gil([&] { self.save(file); });
      },
      "path"_a, "save($self, path)\n--\n\nWrite the report as JSON, atomically. Raises IoError.");
  type.def(
      "save_html",
      [](const EvalReport& self, const py::object& path) {
        const std::string file = path_of(path);
        without_gil([&] { self.save_html(file); });
      },
      "path"_a, "save_html($self, path)\n--\n\nWrite one HTML file that needs no network. Raises IoError.");
  type.def_static(
      "load",
      [](const py::object& path) {
        const std::string file = path_of(path);
        return without_gil([&] { return EvalReport::load(file); });
      },
      "path"_a, "load(path)\n--\n\nRead what save() wrote. Raises NotFound, Corrupt.");
  type.def(
      "to_json", [](const EvalReport& self) { return text(self.to_json()); },
      "to_json($self)\n--\n\nThe report as JSON text.");
  type.def(
      "to_dict", [](const EvalReport& self) { return parsed(self.to_json()); },
      "to_dict($self)\n--\n\nThe report as plain values.");
  type.def(
      "to_html", [](const EvalReport& self) { return text(self.to_html()); },
      "to_html($self)\n--\n\nThe page that save_html() writes.");
  type.def(
      "to_text", [](const EvalReport& self) { return text(self.to_text()); },
      "to_text($self)\n--\n\nThe report for a terminal.");
}

}  // namespace

void bind_report(py::module_& module) {
  auto type = public_class<EvalReport>(
      module, "EvalReport", "What Evaluator.run() and compare() found; print it, or show it in a notebook.");
  type.def_property_readonly(
      "suite", [](const EvalReport& self) { return text(self.suite); }, "The suite's name.");
  type.def_property_readonly(
      "created", [](const EvalReport& self) { return text(self.created); }, "ISO 8601, UTC.");
  type.def_property_readonly(
      "verdict", [](const EvalReport& self) { return to_record(self.verdict); },
      "Verdict: outcome ('better', 'worse' or 'cannot_tell'), sentence, wins, ties, losses, p_value, ...");
  type.def_property_readonly("scores", &scores_of, "Figures by name; None for what was not measured.");
  type.def_property_readonly(
      "prompts", [](const EvalReport& self) { return to_list(self.prompts); },
      "List of {id, category, prompt, checks}.");
  type.def_property_readonly(
      "arms", [](const EvalReport& self) { return to_list(self.arms); },
      "One dict (run) or two (compare): label, model, answers, held_out, held_out_loss, perplexity, format_score.");
  type.def_property_readonly(
      "history", [](const EvalReport& self) { return to_list(self.history); },
      "The tuned model's training, as in TrainResult.");
  type.def_property_readonly(
      "notes", [](const EvalReport& self) { return text_list(self.notes); }, "What a careful reader should know.");
  bind_ratings(type);
  bind_files(type);
  type.def("__str__", [](const EvalReport& self) { return text(self.to_text()); });
  type.def("__repr__", [](const EvalReport& self) {
    return text(concat("<pmtune.EvalReport of ", self.suite, ": ", to_string(self.verdict.outcome), ", ",
                       self.prompts.size(), " prompts>"));
  });
  bind_html(type, "eval_report");
}

}  // namespace pmtune::python
