// The two checksums by which Hugging Face knows a file: SHA-256 of large ones, git's SHA-1 of small ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/sha256.hpp"

namespace pmtune::hub {

struct Checksum {
  enum class Kind { sha256, git };  // git: SHA-1 of "blob SIZE\0" and the content
  Kind kind = Kind::sha256;
  std::string hex;  // in small letters; empty when the server gives none

  friend bool operator==(const Checksum&, const Checksum&) = default;
};

// Such a sum in small letters.
inline bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// The sum of that kind over a file of that size, which is still to be fed with the file's content.
inline Digest begin_sum(Checksum::Kind kind, std::int64_t size) {
  if (kind == Checksum::Kind::sha256) return Digest(Digest::Algorithm::sha256);
  Digest sum(Digest::Algorithm::sha1);
  const std::string head = "blob " + std::to_string(size);
  sum.update(head.c_str(), head.size() + 1);
  return sum;
}

}  // namespace pmtune::hub
