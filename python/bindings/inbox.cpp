// Inbox.
#include <pmtune/inbox.hpp>

#include "base/fail.hpp"
#include "convert.hpp"

namespace pmtune::python {
namespace {

void bind_entries(py::class_<Inbox>& type) {
  type.def(
      "append",
      [](const Inbox& self, const py::object& item, const std::string& author, const std::string& source) {
        const Example example = one_example(item);
        return text(without_gil([&] { return self.append(example, {author, source}); }));
      },
      "example"_a, "author"_a = "", "source"_a = "",
      "append($self, example, author='', source='')\n--\n\n"
      "Add an example (a dict as for Dataset.from_list()); returns its id. It is on disk when this returns. Raises\n"
      "InvalidArgument, IoError, Busy.");
  type.def(
      "list",
      [](const Inbox& self, const std::string& status) {
        return to_list(without_gil([&] { return self.list(status); }));
      },
      "status"_a = "",
      "list($self, status='')\n--\n\n"
      "List of {id, example, status, author, source, received, reviewer, note}, in the order of arrival. status:\n"
      "'pending', 'accepted' or 'rejected'; all when empty.");
  type.def(
      "review",
      [](const Inbox& self, const std::string& id, const std::string& status, const std::string& reviewer,
         const std::string& note) {
        return to_dict(without_gil([&] { return self.review(id, status, reviewer, note); }));
      },
      "id"_a, "status"_a, "reviewer"_a = "", "note"_a = "",
      "review($self, id, status, reviewer='', note='')\n--\n\n"
      "Decide about an entry; the last decision counts. The beginning of an id is enough. Returns the entry. Raises\n"
      "NotFound, InvalidArgument.");
  type.def(
      "problems", [](const Inbox& self) { return to_list(without_gil([&] { return self.problems(); })); },
      "problems($self)\n--\n\nThe lines that cannot be read, as in DatasetReport.problems; all others are as good as "
      "they were.");
}

void bind_taking(py::class_<Inbox>& type) {
  type.def(
      "accepted", [](const Inbox& self) { return without_gil([&] { return self.accepted(); }); },
      "accepted($self)\n--\n\nThe accepted examples as a Dataset.");
  type.def(
      "take",
      [](const Inbox& self, const py::object& path) {
        const std::string file = path_of(path);
        return to_dict(without_gil([&] { return self.take(file); }));
      },
      "path"_a,
      "take($self, path)\n--\n\n"
      "Add the accepted examples that a JSONL file lacks at its end, atomically. Returns {added, present, "
      "examples}.");
}

}  // namespace

void bind_inbox(py::module_& module) {
  auto type = public_class<Inbox>(
      module, "Inbox",
      "Corrected answers that wait for a person to decide whether the model should learn them.\n\n"
      "A file to which lines are only ever added; several processes may use it at a time, and a power failure "
      "spoils\n"
      "no line but the one that was being written.");
  type.def(py::init([](const py::object& path) { return Inbox(path_of(path)); }), "path"_a);
  type.def_property_readonly(
      "path", [](const Inbox& self) { return text(self.path()); }, "The file.");
  bind_entries(type);
  bind_taking(type);
  type.def("__repr__", [](const Inbox& self) { return text(concat("<pmtune.Inbox ", self.path(), ">")); });
}

}  // namespace pmtune::python
