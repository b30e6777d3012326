#include "serve/api_error.hpp"

#include <utility>

#include "base/utf8.hpp"

namespace pmtune::serve {
namespace {

const char* type_of(int status) {
  switch (status) {
    case 401: return "authentication_error";
    case 403: return "permission_error";
    case 429: return "rate_limit_error";
    default: return status < 500 ? "invalid_request_error" : "server_error";
  }
}

int status_of(Code code) {
  switch (code) {
    case Code::invalid_argument:
    case Code::unsupported: return 400;
    case Code::not_found: return 404;
    case Code::busy: return 429;
    case Code::out_of_memory:
    case Code::cancelled: return 503;
    case Code::corrupt:
    case Code::io:
    case Code::internal: return 500;
  }
  return 500;
}

}  // namespace

ApiError make_error(int status, std::string code, std::string message) {
  ApiError error;
  error.status = status;
  error.type = type_of(status);
  error.code = std::move(code);
  error.message = std::move(message);
  if (status == 429 || status == 503) error.retry_after = 1;
  return error;
}

ApiError from_library(const Error& error) {
  const bool is_missing_model = error.code() == Code::not_found;
  const bool is_full = error.code() == Code::busy;
  return make_error(
      status_of(error.code()),
      is_missing_model ? "model_not_found" : (is_full ? "rate_limit_exceeded" : to_string(error.code())),
      error.what());
}

Json error_body(const ApiError& error) {
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(replace_invalid_utf8(text));
  };
  return {{"error",
           {{"message", replace_invalid_utf8(error.message)},
            {"type", error.type},
            {"param", text_or_null(error.param)},
            {"code", text_or_null(error.code)}}}};
}

}  // namespace pmtune::serve
