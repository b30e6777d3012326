// The extension module pmtune._pmtune. Import it through the package: pmtune/__init__.py loads torch first.
#include <torch/headeronly/version.h>

#include "common.hpp"

// Functions do their own signatures in the docstring's first line, in Python's words rather than pybind11's.
PYBIND11_MODULE(_pmtune, module) {
  using namespace pmtune::python;
  py::options plain;
  plain.disable_function_signatures();

  module.doc() = "The compiled part of pmtune; use `import pmtune`.";
  module.attr("built_with_torch") = TORCH_VERSION;
  bind_errors();
  bind_runtime(module);
  bind_dataset(module);
  bind_inbox(module);
  bind_model(module);
  bind_engine(module);
  bind_chat(module);
  bind_preview(module);
  bind_hub(module);
  bind_config(module);
  bind_trainer(module);
  bind_report(module);
  bind_evaluator(module);
  bind_registry(module);
}
