#include "callbacks.hpp"

#include "convert.hpp"

namespace pmtune::python {

Control control_of(const py::handle& answer) {
  const bool stop =
      answer.ptr() == Py_False || (py::isinstance<Control>(answer) && answer.cast<Control>() == Control::stop);
  return stop ? Control::stop : Control::resume;
}

Reporter::Reporter(const char* kind, const py::object& progress)
    : callable_(py::module_::import("pmtune._progress").attr("reporter")(kind, progress)),
      ours_(!callable_.is_none() && !callable_.is(progress)) {}

Reporter::~Reporter() {
  if (!ours_) return;
  try {
    const py::error_scope keep;  // a KeyboardInterrupt may be on its way out
    callable_.attr("close")();
  } catch (py::error_already_set& error) {
    error.discard_as_unraisable("closing pmtune's progress display");
  }
}

Control Reporter::tell(const py::dict& event) const {
  return listening() ? control_of(callable_(event)) : Control::resume;
}

TokenCallback token_callback(const py::object& on_token) {
  return [&on_token](std::string_view piece) {
    const py::gil_scoped_acquire gil;
    check_signals();
    return on_token.is_none() ? Control::resume : control_of(on_token(text(piece)));
  };
}

}  // namespace pmtune::python
