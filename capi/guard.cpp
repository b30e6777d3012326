#include "guard.hpp"

#include <exception>
#include <new>
#include <pmtune/error.hpp>
#include <string>
#include <string_view>

namespace pmtune::capi {
namespace {

constinit pmt_error out_of_memory{PMT_E_OUT_OF_MEMORY,
                                  "The system has no memory left; close other programs or take a smaller model.", ""};

struct OwnedError : pmt_error {
  OwnedError(pmt_status status, std::string_view text, std::string_view more)
      : pmt_error{}, message_text(text), detail_text(more) {
    code = status;
    message = message_text.c_str();
    detail = detail_text.c_str();
  }
  std::string message_text;
  std::string detail_text;
};

pmt_status give(pmt_error** err, pmt_status code, std::string_view message, std::string_view detail) {
  if (err) *err = new OwnedError(code, message, detail);
  return code;
}

// Some libraries append a backtrace to what(); a person wants the first line, an engineer all of it.
std::string sentence_of(std::string_view what) {
  return "Something unexpected happened inside pmtune: " + std::string(what.substr(0, what.find('\n')));
}

// May throw bad_alloc while it makes the error.
pmt_status rethrow_and_give(pmt_error** err) {
  try {
    throw;
  } catch (const Error& error) {
    return give(err, static_cast<pmt_status>(error.code()), error.what(), error.detail());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return give(err, PMT_E_INTERNAL, sentence_of(error.what()), error.what());
  } catch (...) {
    return give(err, PMT_E_INTERNAL, "Something unexpected happened inside pmtune, or a callback threw.", "");
  }
}

}  // namespace

pmt_status translate_exception(pmt_error** err) noexcept {
  try {
    return rethrow_and_give(err);
  } catch (...) {
    if (err) *err = &out_of_memory;
    return PMT_E_OUT_OF_MEMORY;
  }
}

}  // namespace pmtune::capi

using namespace pmtune::capi;

pmt_status pmt_error_code(const pmt_error* error) noexcept { return error ? error->code : PMT_OK; }

const char* pmt_error_message(const pmt_error* error) noexcept { return error ? error->message : ""; }

const char* pmt_error_detail(const pmt_error* error) noexcept { return error ? error->detail : ""; }

void pmt_error_free(pmt_error* error) noexcept {
  if (error != &out_of_memory) delete static_cast<OwnedError*>(error);
}

const char* pmt_status_name(pmt_status status) noexcept {
  return status == PMT_OK ? "ok" : pmtune::to_string(static_cast<pmtune::Code>(status));
}
