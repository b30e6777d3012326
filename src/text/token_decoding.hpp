// What the tokens of a SentencePiece vocabulary stand for: "▁the" is " the", "<0x0A>" a line feed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace pmtune::text {

// U+2581, which stands for a space in these vocabularies.
inline constexpr std::string_view visible_space = "\u2581";

// The byte that "<0x0A>" names; nothing for any other text ("<0xZZ>", "<0x-1>", "<0x0AB>").
std::optional<std::uint8_t> named_byte(std::string_view token);

// The token that names a byte, as vocabularies spell it.
std::string byte_name(std::uint8_t byte);

struct TokenDecoding {
  std::vector<std::pair<std::string, std::string>> replacements;  // in order
  bool names_bytes = false;
  bool drops_first_space = false;  // one space at the very beginning of a text is not the writer's

  // As Llama, Phi-3 and Mistral have it.
  static TokenDecoding sentence_piece();

  // From the "decoder" of a tokenizer.json. Throws corrupt, or unsupported for a step that is not known, naming it.
  static TokenDecoding from_json(const Json& value, std::string_view where);

  std::string bytes_of(std::string_view token) const;
};

}  // namespace pmtune::text
