// Dataset, DatasetReport and DatasetDiff.
#include <pmtune/dataset.hpp>

#include "base/fail.hpp"
#include "convert.hpp"
#include "options.hpp"

namespace pmtune::python {
namespace {

// Walks a dataset; holds it alive.
struct DatasetIterator {
  Dataset data;
  std::size_t next = 0;
};

std::size_t position(const Dataset& data, py::ssize_t index) {
  const auto size = static_cast<py::ssize_t>(data.size());
  const py::ssize_t at = index < 0 ? index + size : index;
  if (at < 0 || at >= size) throw py::index_error(concat("Example ", index, " of ", size, " does not exist."));
  return static_cast<std::size_t>(at);
}

Dataset slice_of(const Dataset& data, const py::slice& slice) {
  std::size_t start = 0, stop = 0, step = 0, length = 0;
  if (!slice.compute(data.size(), &start, &stop, &step, &length)) throw py::error_already_set();
  std::vector<Example> chosen;
  for (std::size_t i = 0; i < length; ++i, start += step) chosen.push_back(data[start]);
  return chosen.empty() ? Dataset() : Dataset::from_examples(std::move(chosen));
}

// The other accepted forms (prompt and completion, ...) are known to the JSONL reader.
Dataset parsed_list(const py::list& items) {
  std::string lines;
  std::size_t number = 0;
  for (const py::handle item : items) lines += to_json(item, concat("Example ", ++number)).dump() + '\n';
  return without_gil([&] { return Dataset::parse(lines, "the list"); });
}

Dataset from_list(const py::iterable& items) {
  const py::list list(items);
  std::vector<Example> examples;
  for (const py::handle item : list) {
    const std::size_t number = examples.size() + 1;
    if (!py::isinstance<py::dict>(item)) fail(Code::invalid_argument, "Example ", number, " must be a dict.");
    if (!py::reinterpret_borrow<py::dict>(item).contains("messages")) return parsed_list(list);
    examples.push_back(example_of(item, number));
  }
  return without_gil([&] { return Dataset::from_examples(std::move(examples)); });
}

}  // namespace

Example one_example(const py::handle& item) {
  py::list list;
  list.append(item);
  return from_list(list)[0];
}

namespace {

Dataset filter(const Dataset& data, const py::object& wanted) {
  if (py::isinstance<py::str>(wanted)) return data.filter(wanted.cast<std::string>());
  if (!PyCallable_Check(wanted.ptr())) throw py::type_error("filter() takes a tag or a function of one example");
  std::vector<Example> kept;
  for (const Example& example : data.examples())
    if (py::bool_(wanted(to_dict(example)))) kept.push_back(example);
  return kept.empty() ? Dataset() : Dataset::from_examples(std::move(kept));
}

std::string plain_repr(const Dataset& data) { return concat("<pmtune.Dataset of ", data.size(), " examples>"); }

void bind_report_class(py::module_& module) {
  auto type = public_class<DatasetReport>(module, "DatasetReport",
                                          "Everything that Dataset.check() found in a file; print it.");
  type.def_property_readonly("ok", &DatasetReport::ok, "True when there are no errors; warnings may remain.");
  type.def_property_readonly(
      "path", [](const DatasetReport& self) { return text(self.path); }, "The file.");
  type.def_property_readonly(
      "problems", [](const DatasetReport& self) { return to_list(self.problems); },
      "List of {line, severity (\"error\" or \"warning\"), code, message, fix}; line 0 means the whole file.");
  type.def_property_readonly(
      "stats", [](const DatasetReport& self) { return to_dict(self.stats); },
      "{lines, examples, turns, answer_words_least, answer_words_median, answer_words_most, format, container}.");
  type.def(
      "to_dict", [](const DatasetReport& self) { return parsed(self.to_json()); },
      "to_dict($self)\n--\n\n{ok, path, stats, problems}.");
  type.def(
      "to_json", [](const DatasetReport& self) { return text(self.to_json()); },
      "to_json($self)\n--\n\nThe same as JSON text.");
  type.def("__bool__", &DatasetReport::ok);
  type.def("__str__", [](const DatasetReport& self) { return text(self.to_text()); });
  type.def("__repr__", [](const DatasetReport& self) {
    return text(concat("<pmtune.DatasetReport of ", self.path, ": ", self.ok() ? "ok" : "not ok", ", ",
                       self.problems.size(), " problems, ", self.stats.examples, " examples>"));
  });
  bind_html(type, "dataset_report");
}

void bind_fix_report(py::module_& module) {
  auto type =
      public_class<FixReport>(module, "FixReport", "What was changed in the copy of a file, and what remains.");
  type.def_property_readonly(
      "path", [](const FixReport& self) { return text(self.path); }, "The file.");
  type.def_property_readonly(
      "copy", [](const FixReport& self) { return text(self.copy); }, "The copy.");
  type.def_property_readonly(
      "fixes", [](const FixReport& self) { return parsed(self.to_json())["fixes"]; },
      "List of {line, code, message, before, after}; line 0 is the file as a whole.");
  type.def_property_readonly(
      "remaining", [](const FixReport& self) { return self.remaining; }, "What check() says of the copy.");
  type.def(
      "to_dict", [](const FixReport& self) { return parsed(self.to_json()); },
      "to_dict($self)\n--\n\nPlain values, as in to_json().");
  type.def(
      "to_json", [](const FixReport& self) { return text(self.to_json()); }, "to_json($self)\n--\n\nAs JSON.");
  type.def("__str__", [](const FixReport& self) { return text(self.to_text()); });
  type.def("__repr__", [](const FixReport& self) {
    return text(concat("<pmtune.FixReport of ", self.path, ": ", self.fixes.size(), " changes>"));
  });
}

void bind_diff_class(py::module_& module) {
  auto type = public_class<DatasetDiff>(module, "DatasetDiff", "How one set became another; print it.");
  type.def_property_readonly(
      "added", [](const DatasetDiff& self) { return to_list(self.added); }, "The examples that are new, as dicts.");
  type.def_property_readonly(
      "removed", [](const DatasetDiff& self) { return to_list(self.removed); }, "Those that are gone.");
  type.def_property_readonly(
      "edited", [](const DatasetDiff& self) { return to_list(self.edited); },
      "List of {before, after}: examples with the same question, or with most words in common.");
  type.def(
      "to_json", [](const DatasetDiff& self) { return text(self.to_json()); },
      "to_json($self)\n--\n\n{added, removed, edited} as JSON text.");
  type.def("__bool__", [](const DatasetDiff& self) { return !self.empty(); });
  type.def("__str__", [](const DatasetDiff& self) { return text(self.to_text()); });
  type.def("__repr__", [](const DatasetDiff& self) {
    return text(concat("<pmtune.DatasetDiff: ", self.added.size(), " added, ", self.removed.size(), " removed, ",
                       self.edited.size(), " edited>"));
  });
  bind_html(type, "dataset_diff");
}

// {name: Dataset}, or pairs of the two, in that order.
py::tuple merge_team(const py::object& people) {
  const py::object pairs = py::isinstance<py::dict>(people) ? people.attr("items")() : people;
  std::vector<std::pair<std::string, Dataset>> sets;
  for (const py::handle pair : pairs) sets.push_back(pair.cast<std::pair<std::string, Dataset>>());
  const TeamMerge merged = without_gil([&] { return Dataset::merge_team(sets); });
  return py::make_tuple(merged.data, to_list(merged.problems));
}

void bind_team(py::class_<Dataset>& type) {
  type.def(
      "diff", [](const Dataset& self, const Dataset& other) { return without_gil([&] { return self.diff(other); }); },
      "other"_a,
      "diff($self, other)\n--\n\nWhat has to be done to this set to get other: a DatasetDiff, false when nothing. "
      "Order "
      "is no difference.");
  type.def_static(
      "merge_team", &merge_team, "people"_a,
      "merge_team(people)\n--\n\n"
      "(data, problems): the sets of {name: Dataset}, or of such pairs, as one. Examples without an author get the "
      "name;\nthe same conversation is kept once. problems: dicts as in DatasetReport, whose line is that in the "
      "merged "
      "set;\ncodes duplicate_in_team and contradiction_in_team.");
  type.def_static(
      "append",
      [](const py::object& path, const py::object& item) {
        const std::string file = path_of(path);
        const Example example = one_example(item);
        return text(without_gil([&] { return Dataset::append(file, example); }));
      },
      "path"_a, "example"_a,
      "append(path, example)\n--\n\nPut an example (a dict) into the inbox in that file; see Inbox. Returns its id "
      "there.");
}

void bind_sources(py::class_<Dataset>& type) {
  type.def(py::init<>());
  type.def_static(
      "load",
      [](const py::object& path, const py::args& by_position, const py::kwargs& named) {
        const auto options = options_from<LoadOptions>(by_position, named);
        const std::string file = path_of(path);
        return without_gil([&] { return Dataset::load(file, options); });
      },
      "path"_a,
      "load(path, format='auto', on_error='raise')\n--\n\n"
      "Read a .jsonl, .json, .csv or .tsv file of examples, also compressed with gzip.\n\n"
      "format: 'auto', 'chat', 'sharegpt', 'prompt-completion', 'instruction', 'question-answer' or 'csv'. on_error: "
      "'raise' ends on the first faulty "
      "line;\n"
      "'skip' leaves faulty lines out. Raises NotFound, IoError, InvalidArgument (naming file, line and cure).");
  type.def_static(
      "check",
      [](const py::object& path, const py::args& by_position, py::kwargs named) {
        std::optional<Dataset> held_out;
        if (named.contains("held_out")) {
          const py::object value = named.attr("pop")("held_out");
          if (!value.is_none()) held_out = value.cast<Dataset>();
        }
        const auto options = options_from<LoadOptions>(by_position, named);
        const std::string file = path_of(path);
        return without_gil(
            [&] { return held_out ? Dataset::check(file, *held_out, options) : Dataset::check(file, options); });
      },
      "path"_a,
      "check(path, format='auto', *, held_out=None)\n--\n\n"
      "Every problem of a file in one DatasetReport; with held_out (a Dataset) also which of its examples the file\n"
      "would teach. Raises only NotFound and IoError, never for the content.");
  type.def_static(
      "fix",
      [](const py::object& path, const py::object& copy, const py::args& by_position, const py::kwargs& named) {
        const auto options = options_from<LoadOptions>(by_position, named);
        const std::string file = path_of(path), fixed = path_of(copy);
        return without_gil([&] { return Dataset::fix(file, fixed, options); });
      },
      "path"_a, "copy"_a,
      "fix(path, copy, format='auto')\n--\n\n"
      "Write a copy in which everything is mended that can be mended safely; the FixReport says what was changed "
      "and\n"
      "what remains. Raises NotFound, IoError, InvalidArgument.");
  type.def_static(
      "parse",
      [](const std::string& lines, const std::string& name, const py::args& by_position, const py::kwargs& named) {
        const auto options = options_from<LoadOptions>(by_position, named);
        return without_gil([&] { return Dataset::parse(lines, name, options); });
      },
      "text"_a, "name"_a = "data",
      "parse(text, name='data', format='auto', on_error='raise')\n--\n\n"
      "load() for JSONL or JSON text in memory; name stands for the file in messages.");
  type.def_static("from_list", &from_list, "examples"_a,
                  "from_list(examples)\n--\n\n"
                  "From dicts: {'messages': [{'role', 'content', 'weight'?}, ...], 'tags'?, 'author'?}, or the other "
                  "forms that load()\n"
                  "accepts. Raises InvalidArgument naming the example, counted from 1.");
}

void bind_parts(py::class_<Dataset>& type) {
  type.def(
      "split",
      [](const Dataset& self, double validation, std::uint64_t seed) { return self.split(validation, seed); },
      "validation"_a = 0.1, "seed"_a = 0,
      "split($self, validation=0.1, seed=0)\n--\n\n"
      "(training, validation): a random part, 0 to below 1, goes to validation; the same seed gives the same parts.");
  type.def("merge", &Dataset::merge, "other"_a,
           "merge($self, other)\n--\n\nBoth sets; exact duplicates in other are left out.");
  type.def("filter", &filter, "tag"_a,
           "filter($self, tag)\n--\n\nThe examples with a tag, or those for which a function of the example's dict "
           "is true.");
  type.def("sample", &Dataset::sample, "count"_a, "seed"_a = 0,
           "sample($self, count, seed=0)\n--\n\ncount examples at random.");
  type.def("deduplicate", &Dataset::deduplicate, "nearly"_a = false,
           "deduplicate($self, nearly=False)\n--\n\nWithout what stands in it before; nearly: also without what says "
           "nearly the same.");
  type.def("tagged", &Dataset::tagged, "tag"_a, "tagged($self, tag)\n--\n\nThe same examples, each with this tag.");
  type.def("grow", &Dataset::grow, "round"_a, "additions"_a,
           "grow($self, round, additions)\n--\n\nmerge(), with the tag 'round:NAME' on what is new.");
  type.def("shuffle", &Dataset::shuffle, "seed"_a = 0, "shuffle($self, seed=0)\n--\n\nThe examples in random order.");
  type.def("folds", &Dataset::folds, "count"_a, "seed"_a = 0,
           "folds($self, count, seed=0)\n--\n\nList of (training, validation) for cross-validation.");
}

void bind_sequence(py::class_<Dataset>& type) {
  type.def("__len__", &Dataset::size);
  type.def(
      "__getitem__", [](const Dataset& self, py::ssize_t index) { return to_dict(self[position(self, index)]); },
      "index"_a);
  type.def("__getitem__", &slice_of, "slice"_a);
  type.def("__iter__", [](const Dataset& self) { return DatasetIterator{self}; });
  type.def(
      "__eq__", [](const Dataset& self, const Dataset& other) { return self.hash() == other.hash(); },
      py::is_operator());
  type.def("__hash__", [](const Dataset& self) { return py::hash(text(self.hash())); });
  type.def("__repr__", [](const Dataset& self) { return text(plain_repr(self)); });
}

}  // namespace

void bind_dataset(py::module_& module) {
  bind_report_class(module);
  bind_fix_report(module);
  bind_diff_class(module);
  py::class_<DatasetIterator>(module, "_DatasetIterator")
      .def("__iter__", [](const py::object& self) { return self; })
      .def("__next__", [](DatasetIterator& self) {
        if (self.next >= self.data.size()) throw py::stop_iteration();
        return to_dict(self.data[self.next++]);
      });
  auto type = public_class<Dataset>(
      module, "Dataset",
      "A set of examples: conversations as the product manager would like the model to answer.\n\n"
      "Immutable: operations return a new one. data[i] is a plain dict {messages, tags, origin, line, author};\n"
      "data[a:b] is a Dataset.");
  bind_sources(type);
  bind_parts(type);
  bind_team(type);
  bind_sequence(type);
  type.def(
      "save",
      [](const Dataset& self, const py::object& path) {
        const std::string file = path_of(path);
        without_gil([&] { self.save(file); });
      },
      "path"_a, "save($self, path)\n--\n\nWrite canonical chat JSONL, atomically. Raises IoError.");
  type.def(
      "to_jsonl", [](const Dataset& self) { return text(self.to_jsonl()); },
      "to_jsonl($self)\n--\n\nThe text that save() writes.");
  type.def_property_readonly(
      "hash", [](const Dataset& self) { return text(self.hash()); },
      "SHA-256 of the canonical form, 64 hex digits: the same for the same examples in the same order.");
  bind_html(type, "dataset");
}

}  // namespace pmtune::python
