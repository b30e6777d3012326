// Every public entry that runs torch goes through guarded(): no gradient graph is built inside (our backward passes
// are written by hand), and what torch throws becomes our Error.
#pragma once

#include <c10/core/GradMode.h>
#include <c10/util/Exception.h>

#include <new>
#include <string>
#include <utility>

#include "base/fail.hpp"

namespace pmtune::model {

template <class Work>
decltype(auto) guarded(Work&& work) {
  const c10::NoGradGuard no_grad;
  try {
    return std::forward<Work>(work)();
  } catch (const c10::OutOfMemoryError& error) {
    throw Error(Code::out_of_memory,
                "The device has no memory left; use a smaller model, a shorter context or a smaller micro-batch.",
                error.what_without_backtrace());
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    if (text.find("allocate memory") != std::string::npos || text.find("out of memory") != std::string::npos)
      throw Error(Code::out_of_memory,
                  "There is no memory left; close other applications, or use a smaller model or a shorter context.",
                  text);
    throw Error(Code::internal,
                "libtorch reported an unexpected error; please report it with the text in the detail: " + text,
                error.what());
  } catch (const std::bad_alloc&) {
    throw Error(Code::out_of_memory,
                "There is no memory left; close other applications, or use a smaller model or a shorter context.");
  }
}

}  // namespace pmtune::model
