#include <pmtune/error.hpp>

namespace pmtune {

const char* to_string(Code code) noexcept {
  switch (code) {
    case Code::invalid_argument: return "invalid_argument";
    case Code::not_found: return "not_found";
    case Code::corrupt: return "corrupt";
    case Code::io: return "io";
    case Code::out_of_memory: return "out_of_memory";
    case Code::unsupported: return "unsupported";
    case Code::busy: return "busy";
    case Code::cancelled: return "cancelled";
    case Code::internal: return "internal";
  }
  return "internal";
}

Error::Error(Code code, const std::string& message, std::string detail)
    : std::runtime_error(message), code_(code), detail_(std::move(detail)) {}

Error::~Error() = default;

}  // namespace pmtune
