// What a client is told when a request cannot be answered: an HTTP status and OpenAI's error object.
#pragma once

#include <exception>
#include <pmtune/error.hpp>
#include <string>

#include "base/fail.hpp"
#include "base/json.hpp"

namespace pmtune::serve {

struct ApiError : std::exception {
  int status = 400;
  std::string message;  // one sentence: what is wrong, where, and the cure
  std::string type = "invalid_request_error";
  std::string param;    // the member of the request that is wrong; empty: null
  std::string code;     // stable; empty: null
  int retry_after = 0;  // seconds; 0: not said

  const char* what() const noexcept override { return message.c_str(); }
};

// Throws a 400 that blames the member `param`.
template <class... Parts>
[[noreturn]] void refuse(const std::string& param, const Parts&... parts) {
  ApiError error;
  error.param = param;
  error.message = concat(parts...);
  throw error;
}

ApiError make_error(int status, std::string code, std::string message);

// What the library has thrown, as a client is to see it.
ApiError from_library(const Error& error);

// {"error": {"message", "type", "param", "code"}}
Json error_body(const ApiError& error);

}  // namespace pmtune::serve
