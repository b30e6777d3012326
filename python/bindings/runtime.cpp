// Machine, threads, memory, Control, and the library's log in Python's logging.
#include <pybind11/native_enum.h>
#include <pmtune/device.hpp>
#include <pmtune/model.hpp>

#include "convert.hpp"

namespace pmtune::python {
namespace {

py::object runtime_record() {
  const RuntimeInfo info = without_gil([] { return runtime_info(); });
  const py::dict values("version"_a = text(info.version), "torch_version"_a = text(info.torch_version),
                        "cpu_capability"_a = text(info.cpu_capability), "cpu_bf16"_a = info.cpu_bf16,
                        "threads"_a = info.threads, "devices"_a = text_list(info.devices),
                        "memory_total"_a = info.memory_total, "memory_available"_a = info.memory_available,
                        "resident"_a = info.resident, "peak_resident"_a = info.peak_resident);
  return record("RuntimeInfo", values, printed(info));
}

int logging_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return 10;
    case LogLevel::info: return 20;
    case LogLevel::warning: return 30;
    case LogLevel::error: return 40;
  }
  return 20;
}

// A handler that fails must not end a training.
void log_in_python(LogLevel level, std::string_view message) {
  if (!Py_IsInitialized()) return;
  const py::gil_scoped_acquire gil;
  try {
    py::module_::import("logging").attr("getLogger")("pmtune").attr("log")(logging_level(level), "%s", text(message));
  } catch (py::error_already_set& error) {
    error.discard_as_unraisable("pmtune's log");
  }
}

void connect_log() {
  set_log_callback(&log_in_python);
  // The interpreter's threads end before the library does; nothing may be logged into a closed interpreter.
  py::module_::import("atexit").attr("register")(
      py::cpp_function([] { without_gil([] { set_log_callback(nullptr); }); }));
}

}  // namespace

void bind_runtime(py::module_& module) {
  py::native_enum<Control>(module, "Control", "enum.Enum", "What a callback may return; False means stop, too.")
      .value("resume", Control::resume)
      .value("stop", Control::stop)
      .finalize();
  module.attr("Control").attr("__module__") = "pmtune";
  module.def(
      "set_threads", [](int count) { without_gil([&] { set_threads(count); }); }, "count"_a,
      "set_threads(count)\n--\n\nThreads for one operation, 1 to 1024; process-wide. Raises InvalidArgument.");
  module.def("runtime_info", &runtime_record,
             "runtime_info()\n--\n\nVersions, processor, threads, devices and memory (bytes) as a dict; print it.");
  module.def(
      "trim_memory", [] { without_gil([] { trim_memory(); }); },
      "trim_memory()\n--\n\nGive memory that is held but not needed back to the system.");
  connect_log();
}

}  // namespace pmtune::python
