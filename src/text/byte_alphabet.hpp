// GPT-2's way to write any byte as a visible character, in which byte-level vocabularies are stored: printable
// Latin-1 bytes stand for themselves, the other 68 for U+0100 onwards in order ("Ġ" is a space).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pmtune::text {

// The bytes that a token of the vocabulary stands for; nothing when a character is not of the alphabet.
std::optional<std::string> bytes_from_alphabet(std::string_view token);

}  // namespace pmtune::text
