// pmtune::Error becomes pmtune.Error or one of its subclasses (python/pmtune/_errors.py).
#include <pmtune/error.hpp>

#include "common.hpp"
#include "convert.hpp"

namespace pmtune::python {
namespace {

void set_python_error(const Error& error) {
  const py::object instance = py::module_::import("pmtune._errors")
                                  .attr("make")(to_string(error.code()), text(error.what()), text(error.detail()));
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(instance.ptr())), instance.ptr());
}

void translate(std::exception_ptr pointer) {
  try {
    if (pointer) std::rethrow_exception(pointer);
  } catch (const Error& error) {
    set_python_error(error);
  }
}

}  // namespace

void bind_errors() { py::register_local_exception_translator(&translate); }

}  // namespace pmtune::python
