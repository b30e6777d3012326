// The wall between C++ exceptions and C. Every function of pmtune.h that can fail has its body inside guard(), and
// this is the only place where exceptions are caught.
#pragma once

#include <utility>

#include "pmtune.h"

// What a pmt_error handle points to. Texts are borrowed here so that the out-of-memory error can be a constant that
// needs no allocation; every other error owns its texts (OwnedError in guard.cpp).
struct pmt_error {
  pmt_status code;
  const char* message;
  const char* detail;
};

namespace pmtune::capi {

// Turns the exception in flight into a status, and into an error where the caller asked for one.
pmt_status translate_exception(pmt_error** err) noexcept;

template <class Body>
pmt_status guard(pmt_error** err, Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
    return PMT_OK;
  } catch (...) {
    return translate_exception(err);
  }
}

}  // namespace pmtune::capi
