// Files compressed with gzip (RFC 1952), also of several parts one after the other.
#pragma once

#include "data/byte_buffer.hpp"

namespace pmtune::data {

bool is_gzip(std::string_view head);

// The unpacked bytes of `packed`, a little at a time. Throws DamagedContent where they are damaged or end too early,
// and beyond `most_unpacked_bytes`: a small file can unpack to anything.
ReadBytes gunzip(ReadBytes packed);

constexpr std::size_t most_unpacked_bytes = std::size_t{4} << 30;

}  // namespace pmtune::data
