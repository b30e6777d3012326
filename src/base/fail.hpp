// Throwing an Error in one line: fail(Code::corrupt, "Tensor ", name, " in ", path, " ...").
#pragma once

#include <locale>
#include <pmtune/error.hpp>
#include <sstream>

namespace pmtune {

template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  out.imbue(std::locale::classic());  // the host may have set a locale that writes 1000 as 1.000
  (out << ... << parts);
  return out.str();
}

template <class... Parts>
[[noreturn]] void fail(Code code, const Parts&... parts) {
  throw Error(code, concat(parts...));
}

}  // namespace pmtune
