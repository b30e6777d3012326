// Text in other encodings than UTF-8.
#pragma once

#include <string>
#include <string_view>

#include "data/byte_buffer.hpp"

namespace pmtune::data {

// UTF-16 or UTF-32, with its byte order; by a byte order mark, or by the zero bytes that every second character of
// plain text has.
struct WideEncoding {
  const char* name = nullptr;  // "UTF-16", "UTF-32"; nullptr for neither
  std::size_t unit = 2;        // bytes
  bool big_endian = false;
};
WideEncoding wide_encoding_of(std::string_view head);

// The same text as UTF-8, without a byte order mark; what stands for no character becomes U+FFFD.
ReadBytes utf8_from(ReadBytes wide, WideEncoding encoding);

// Bytes that are not UTF-8 taken for Windows-1252, which nearly all such files are.
std::string utf8_from_windows(std::string_view text);

}  // namespace pmtune::data
