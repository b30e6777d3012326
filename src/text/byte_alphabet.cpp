#include "text/byte_alphabet.hpp"

#include <array>

#include "base/utf8.hpp"

namespace pmtune::text {
namespace {

constexpr bool stands_for_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
}

// Byte of each character below U+0144, -1 for characters outside the alphabet.
constexpr std::array<int, 0x144> byte_of_character = [] {
  std::array<int, 0x144> table{};
  table.fill(-1);
  std::size_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) table[stands_for_itself(byte) ? byte : next++] = static_cast<int>(byte);
  return table;
}();

}  // namespace

std::optional<std::string> bytes_from_alphabet(std::string_view token) {
  std::string bytes;
  bytes.reserve(token.size());
  for (std::size_t at = 0; at < token.size();) {
    const std::uint32_t character = next_code_point(token, at);
    if (character >= byte_of_character.size() || byte_of_character[character] < 0) return std::nullopt;
    bytes += static_cast<char>(byte_of_character[character]);
  }
  return bytes;
}

}  // namespace pmtune::text
