// Python callables as the library's callbacks. The answer False (or Control.stop) stops; anything else goes on.
// What the callable raises leaves as py::error_already_set through the library, which passes it on unchanged.
#pragma once

#include <pmtune/model.hpp>
#include <utility>

#include "common.hpp"

namespace pmtune::python {

Control control_of(const py::handle& answer);

// The `progress` argument of train(), run() and compare(): what pmtune/_progress.py makes of it, closed at the end.
// Made, used in tell() and destroyed with the interpreter lock held.
class Reporter {
 public:
  Reporter(const char* kind, const py::object& progress);
  ~Reporter();
  Reporter(const Reporter&) = delete;
  Reporter& operator=(const Reporter&) = delete;

  bool listening() const { return !callable_.is_none(); }
  Control tell(const py::dict& event) const;

 private:
  py::object callable_;
  bool ours_;  // a bar or a log made here, to be closed here
};

// TokenCallback over a callable that outlives the call; None only listens for Ctrl-C.
TokenCallback token_callback(const py::object& on_token);

}  // namespace pmtune::python
