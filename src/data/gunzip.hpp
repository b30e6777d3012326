// Files compressed with gzip (RFC 1952), also of several parts one after the other.
#pragma once

#include "data/byte_buffer.hpp"

namespace pmtune::data {

struct Unpacked {
  ByteBuffer buffer;  // with the first block in it
  bool was_packed = false;
};

// A file as it is, or unpacked a little at a time where it is packed. The buffer then throws DamagedContent where the
// bytes are damaged or end too early, and beyond `most_unpacked_bytes`: a small file can unpack to anything. So does
// this function, which reads the first block.
Unpacked unpacked(ReadBytes read);

constexpr std::size_t most_unpacked_bytes = std::size_t{4} << 30;

}  // namespace pmtune::data
