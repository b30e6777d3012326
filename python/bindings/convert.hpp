// Values between Python and C++: text, paths, numbers, JSON, conversations, and the library's plain structs as dicts.
#pragma once

#include <locale>
#include <pmtune/dataset.hpp>
#include <pmtune/evaluator.hpp>
#include <pmtune/inbox.hpp>
#include <pmtune/lora_trainer.hpp>
#include <pmtune/model.hpp>
#include <pmtune/model_registry.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "common.hpp"

namespace pmtune::python {

// Bytes that are not UTF-8 (a path, half a character) become U+FFFD instead of an exception.
py::str text(std::string_view utf8);

// str, bytes or os.PathLike, as the operating system spells it. Raises TypeError for anything else.
std::string path_of(const py::handle& path);

// None for NaN, which JSON, pandas and people read better.
py::object number(double value);
py::dict numbers(const std::map<std::string, double>& values);

py::object to_python(const Json& json);
// Plain values, numpy scalars and paths. Throws invalid_argument for what JSON cannot hold; `what` names the value.
Json to_json(const py::handle& value, std::string_view what);
// The JSON text that the library writes, as a dict.
py::object parsed(const std::string& json_text);

// Text of anything that has operator<<.
template <class Value>
std::string printed(const Value& value) {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out << value;
  return out.str();
}

// pmtune._records.NAME: a dict whose entries are attributes too. print() shows `text`.
py::object record(const char* name, const py::dict& values, std::string_view text);

// A conversation: a list of {"role", "content", "weight"?}, one such dict, or an example with "messages".
std::vector<Message> messages_of(const py::handle& conversation);
Example example_of(const py::handle& example, std::size_t number);
// The same for one dict in any of the forms that Dataset.from_list() takes.
Example one_example(const py::handle& example);

py::dict to_dict(const Example& example);
py::dict to_dict(const Problem& problem);
py::dict to_dict(const DatasetStats& stats);
py::dict to_dict(const Diagnosis& diagnosis);
py::dict to_dict(const TrainProgress& progress);
py::dict to_dict(const EvalPrompt& prompt);
py::dict to_dict(const EvalArm& arm);
py::dict to_dict(const CheckResult& result);
py::dict to_dict(const Rating& rating);
py::dict to_dict(const ExampleLoss& loss);
py::dict to_dict(const LogEntry& entry);
py::dict to_dict(const ExampleEdit& edit);
py::dict to_dict(const InboxEntry& entry);
py::dict to_dict(const InboxTaken& taken);

py::object to_record(const ModelInfo& info);
py::object to_record(const Plan& plan);
py::object to_record(const Verdict& verdict);
py::object to_record(const ModelVersion& version);
py::object to_record(const DataVersion& version);

template <class Value>
py::list to_list(const std::vector<Value>& values) {
  py::list list;
  for (const Value& value : values) list.append(to_dict(value));
  return list;
}

py::list text_list(const std::vector<std::string>& values);

}  // namespace pmtune::python
