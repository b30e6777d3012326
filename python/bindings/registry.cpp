// ModelRegistry and Server.
#include <pmtune/model_registry.hpp>

#include "base/fail.hpp"
#include "convert.hpp"
#include "options.hpp"

namespace pmtune::python {
namespace {

// A reference as text, or a ModelVersion or DataVersion.
std::string reference_of(const py::handle& version) {
  if (py::isinstance<py::str>(version)) return version.cast<std::string>();
  if (py::isinstance<py::dict>(version) && py::reinterpret_borrow<py::dict>(version).contains("id"))
    return py::str(version["id"]).cast<std::string>();
  throw py::type_error(
      "a version is a text such as 'PM-PRDs-v2' or 'PM-PRDs@primary', or a ModelVersion or DataVersion");
}

py::list versions(const ModelRegistry& registry, const std::string& name, bool archived) {
  py::list list;
  for (const ModelVersion& version : without_gil([&] { return registry.list(name, archived); }))
    list.append(to_record(version));
  return list;
}

bool contains(const ModelRegistry& registry, const py::object& reference) {
  if (!py::isinstance<py::str>(reference) && !py::isinstance<py::dict>(reference)) return false;
  const std::string wanted = reference_of(reference);
  return without_gil([&] { return registry.contains(wanted); });
}

void bind_versions(py::class_<ModelRegistry>& type) {
  type.def(
      "add",
      [](ModelRegistry& self, const TrainResult& result, const EvalReport* report, const std::string& notes) {
        return to_record(
            without_gil([&] { return report ? self.add(result, *report, notes) : self.add(result, notes); }));
      },
      "result"_a, "report"_a = py::none(), "notes"_a = "",
      "add($self, result, report=None, notes='')\n--\n\n"
      "Register a TrainResult as the next version of result.config.name. Returns its ModelVersion. Raises "
      "InvalidArgument, IoError.");
  type.def("list", &versions, "name"_a = "", "archived"_a = false,
           "list($self, name='', archived=False)\n--\n\nVersions, newest first; all names when name is empty.");
  type.def(
      "get",
      [](const ModelRegistry& self, const py::object& reference) {
        const std::string wanted = reference_of(reference);
        return to_record(without_gil([&] { return self.get(wanted); }));
      },
      "reference"_a,
      "get($self, reference)\n--\n\nThe version 'NAME-vN', 'NAME@alias' or 'NAME' (newest). Raises NotFound with the "
      "nearest name.");
  type.def("contains", &contains, "reference"_a, "contains($self, reference)\n--\n\nTrue when get() would find it.");
  type.def("__contains__", &contains, "reference"_a);
  type.def(
      "open",
      [](const ModelRegistry& self, const py::object& reference, const py::args& by_position,
         const py::kwargs& named) {
        const auto options = options_from<ModelOptions>(by_position, named);
        const std::string wanted = reference_of(reference);
        return without_gil([&] { return self.open(wanted, options); });
      },
      "reference"_a,
      "open($self, reference, device='auto', weights='auto', max_memory=None)\n--\n\n"
      "Load base and adapter of a version. Raises NotFound when the base file has moved, Corrupt when the adapter "
      "was changed.");
}

void bind_names(py::class_<ModelRegistry>& type) {
  type.def(
      "set_alias",
      [](ModelRegistry& self, const std::string& alias, const py::object& version) {
        const std::string wanted = reference_of(version);
        without_gil([&] { self.set_alias(alias, wanted); });
      },
      "alias"_a, "version"_a,
      "set_alias($self, alias, version)\n--\n\nLet NAME@alias mean this version (a ModelVersion or a reference).");
  type.def(
      "remove_alias",
      [](ModelRegistry& self, const std::string& name, const std::string& alias) {
        without_gil([&] { self.remove_alias(name, alias); });
      },
      "name"_a, "alias"_a, "remove_alias($self, name, alias)\n--\n\nForget NAME@alias.");
  type.def(
      "set_notes",
      [](ModelRegistry& self, const py::object& reference, const std::string& notes) {
        const std::string wanted = reference_of(reference);
        without_gil([&] { self.set_notes(wanted, notes); });
      },
      "reference"_a, "notes"_a, "set_notes($self, reference, notes)\n--\n\nReplace a version's notes.");
  type.def(
      "log",
      [](const ModelRegistry& self, const py::object& reference, std::int64_t most) {
        const std::string wanted = reference_of(reference);
        return to_list(without_gil([&] { return self.log(wanted, most); }));
      },
      "reference"_a = "", "most"_a = 100,
      "log($self, reference='', most=100)\n--\n\nWhat was done, newest first: list of {when, action, subject, "
      "text}.");
}

void bind_data(py::class_<ModelRegistry>& type) {
  type.def(
      "commit_data",
      [](ModelRegistry& self, const std::string& name, const Dataset& data, const std::string& author,
         const std::string& note) {
        return to_record(without_gil([&] { return self.commit_data(name, data, author, note); }));
      },
      "name"_a, "data"_a, "author"_a = "", "note"_a = "",
      "commit_data($self, name, data, author='', note='')\n--\n\n"
      "Keep a Dataset as the next version of name; returns its DataVersion. When its examples are those of the "
      "newest\n"
      "version, that one. Raises InvalidArgument, IoError.");
  type.def(
      "list_data",
      [](const ModelRegistry& self, const std::string& name) {
        py::list list;
        for (const DataVersion& version : without_gil([&] { return self.list_data(name); }))
          list.append(to_record(version));
        return list;
      },
      "name"_a = "", "list_data($self, name='')\n--\n\nData versions, newest first; all names when name is empty.");
  type.def(
      "get_data",
      [](const ModelRegistry& self, const py::object& reference) {
        const std::string wanted = reference_of(reference);
        return to_record(without_gil([&] { return self.get_data(wanted); }));
      },
      "reference"_a,
      "get_data($self, reference)\n--\n\nThe data version 'NAME-dN', or 'NAME' (newest). Raises NotFound with the "
      "nearest name.");
  type.def(
      "open_data",
      [](const ModelRegistry& self, const py::object& reference) {
        const std::string wanted = reference_of(reference);
        return without_gil([&] { return self.open_data(wanted); });
      },
      "reference"_a,
      "open_data($self, reference)\n--\n\nIts examples as a Dataset. Raises NotFound, Corrupt when they were "
      "changed.");
  type.def(
      "diff_data",
      [](const ModelRegistry& self, const py::object& before, const py::object& after) {
        const std::string first = reference_of(before), second = reference_of(after);
        return without_gil([&] { return self.diff_data(first, second); });
      },
      "before"_a, "after"_a, "diff_data($self, before, after)\n--\n\nThe DatasetDiff of two data versions.");
}

void bind_storage(py::class_<ModelRegistry>& type) {
  const auto on_version = [&](const char* name, void (ModelRegistry::*method)(const std::string&), const char* doc) {
    type.def(
        name,
        [method](ModelRegistry& self, const py::object& reference) {
          const std::string wanted = reference_of(reference);
          without_gil([&] { (self.*method)(wanted); });
        },
        "reference"_a, doc);
  };
  on_version("archive", &ModelRegistry::archive,
             "archive($self, reference)\n--\n\nHide a version and compress it. Not built yet: raises Unsupported.");
  on_version("restore", &ModelRegistry::restore,
             "restore($self, reference)\n--\n\nUndo archive(). Not built yet: raises Unsupported.");
  type.def(
      "backup",
      [](const ModelRegistry& self, const py::object& path) {
        const std::string target = path_of(path);
        without_gil([&] { self.backup(target); });
      },
      "path"_a, "backup($self, path)\n--\n\nCopy the registry. Not built yet: raises Unsupported.");
  type.def(
      "bundle",
      [](const ModelRegistry& self, const py::object& reference, const py::object& path) {
        const std::string wanted = reference_of(reference), target = path_of(path);
        without_gil([&] { self.bundle(wanted, target); });
      },
      "reference"_a, "path"_a,
      "bundle($self, reference, path)\n--\n\nOne version as one file. Not built yet: raises Unsupported.");
  type.def(
      "import_bundle",
      [](ModelRegistry& self, const py::object& path) {
        const std::string source = path_of(path);
        return to_record(without_gil([&] { return self.import_bundle(source); }));
      },
      "path"_a, "import_bundle($self, path)\n--\n\nThe reverse of bundle(). Not built yet: raises Unsupported.");
}

}  // namespace

void bind_registry(py::module_& module) {
  auto type = public_class<ModelRegistry>(
      module, "ModelRegistry", "Versions of fine-tuned models: numbered, never changed, with where they came from.");
  type.def(py::init([](const py::object& folder) {
             const std::string path = path_of(folder);
             return without_gil([&] { return ModelRegistry(path); });
           }),
           "folder"_a = "models", "Opens the registry in folder, which is made when it is missing.");
  type.def_property_readonly(
      "folder", [](const ModelRegistry& self) { return text(self.folder()); }, "Where it lies.");
  bind_versions(type);
  bind_names(type);
  bind_data(type);
  bind_storage(type);
  type.def("__repr__",
           [](const ModelRegistry& self) { return text(concat("<pmtune.ModelRegistry in ", self.folder(), ">")); });
  bind_html(type, "registry");
}

}  // namespace pmtune::python
