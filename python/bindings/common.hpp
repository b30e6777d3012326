// What every file of the bindings uses: pybind11 as torch ships it, the interpreter lock, signals, class
// registration.
//
// Rule for this folder: a call into pmtune that may take time or write to the log runs inside without_gil(). The log
// callback takes the interpreter lock, so a thread that logged while holding it could wait for itself.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <string>
#include <utility>

// torch_python shares its type registry with every module built on the same internals; another version would not see
// numpy arrays and classes alike. The include path must put torch's pybind11 first.
static_assert(PYBIND11_INTERNALS_VERSION == 11, "Build with the pybind11 headers of the torch 2.13 wheel.");

namespace pmtune::python {

namespace py = pybind11;
using namespace pybind11::literals;

// Runs `work` with the interpreter lock released. `work` must not touch Python objects.
template <class Work>
auto without_gil(Work&& work) {
  const py::gil_scoped_release release;
  return std::forward<Work>(work)();
}

// Ctrl-C becomes KeyboardInterrupt here. Needs the interpreter lock; does nothing off the main thread.
inline void check_signals() {
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

// A class that calls itself pmtune.NAME, so that messages, repr and pickles name what the user imported.
template <class Type>
py::class_<Type> public_class(py::module_& module, const char* name, const char* doc) {
  py::class_<Type> type(module, name, doc);
  type.attr("__module__") = "pmtune";
  return type;
}

// A method _repr_html_ that pmtune/_display.py writes; `writer` names the function there.
template <class Type>
void bind_html(py::class_<Type>& type, const char* writer) {
  type.def(
      "_repr_html_",
      [writer](const py::object& self) { return py::module_::import("pmtune._display").attr(writer)(self); },
      "HTML for a notebook.");
}

void bind_errors();
void bind_runtime(py::module_& module);
void bind_dataset(py::module_& module);
void bind_inbox(py::module_& module);
void bind_model(py::module_& module);
void bind_engine(py::module_& module);
void bind_chat(py::module_& module);
void bind_preview(py::module_& module);
void bind_hub(py::module_& module);
void bind_config(py::module_& module);
void bind_trainer(py::module_& module);
void bind_report(py::module_& module);
void bind_evaluator(py::module_& module);
void bind_registry(py::module_& module);

}  // namespace pmtune::python
