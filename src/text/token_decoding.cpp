#include "text/token_decoding.hpp"

#include <charconv>

#include "base/fail.hpp"
#include "text/json_members.hpp"
#include "text/limits.hpp"

namespace pmtune::text {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

// Reads a decoder's steps, which are to be: replacements and named bytes for each token, then all are joined (Fuse),
// then spaces at the beginning are dropped.
class DecoderReader {
 public:
  DecoderReader(TokenDecoding& decoding, std::string_view where) : decoding_(decoding), where_(where) {}

  void read(const Json& value, std::size_t depth) {
    const JsonStep step(value, "decoder", where_);
    const std::string type = step.text("type");
    if (type == "Sequence" && depth < max_json_sequence_depth) {
      for (const Json& inner : step.list("decoders")) read(inner, depth + 1);
    } else if (type == "Replace" && !joined_) {
      replace(step);
    } else if (type == "ByteFallback" && !joined_) {
      decoding_.names_bytes = true;
    } else if (type == "Fuse") {
      joined_ = true;
    } else if (type == "Strip") {
      strip(step);
    } else {
      step.refuse(type);
    }
  }

 private:
  void replace(const JsonStep& step) {
    std::string literal;
    step.pattern(&literal);
    if (literal.empty()) step.refuse("Replace of a pattern");
    decoding_.replacements.emplace_back(std::move(literal), step.text("content"));
  }

  void strip(const JsonStep& step) {
    const auto number = [&](const char* key) {
      const auto member = step.value.find(key);
      return member != step.value.end() && member->is_number_unsigned() ? member->get<std::uint64_t>() : 0;
    };
    const bool is_known = joined_ && number("start") <= 1 && number("stop") == 0 && step.text("content") == " ";
    if (!is_known) step.refuse("Strip of another kind than one leading space");
    decoding_.drops_first_space = number("start") == 1;
  }

  TokenDecoding& decoding_;
  std::string_view where_;
  bool joined_ = false;
};

void replace_all(std::string& text, const std::string& sought, const std::string& with) {
  for (std::size_t at = text.find(sought); at != std::string::npos; at = text.find(sought, at + with.size()))
    text.replace(at, sought.size(), with);
}

}  // namespace

std::optional<std::uint8_t> named_byte(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return std::nullopt;
  unsigned value = 0;
  const char* const end = token.data() + 5;
  const auto [stopped, error] = std::from_chars(token.data() + 3, end, value, 16);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return static_cast<std::uint8_t>(value);
}

std::string byte_name(std::uint8_t byte) { return concat("<0x", hex_digits[byte >> 4], hex_digits[byte & 15], '>'); }

TokenDecoding TokenDecoding::sentence_piece() {
  return {.replacements = {{std::string(visible_space), " "}}, .names_bytes = true, .drops_first_space = true};
}

TokenDecoding TokenDecoding::from_json(const Json& value, std::string_view where) {
  TokenDecoding made;
  if (value.is_null())
    fail(Code::unsupported, where, " has no decoder, without which its tokens cannot be turned back into text; ",
         "choose another model.");
  DecoderReader(made, where).read(value, 0);
  return made;
}

std::string TokenDecoding::bytes_of(std::string_view token) const {
  std::string text(token);
  for (const auto& [sought, with] : replacements) replace_all(text, sought, with);
  if (!names_bytes) return text;
  if (const std::optional<std::uint8_t> byte = named_byte(text)) return std::string(1, static_cast<char>(*byte));
  return text;
}

}  // namespace pmtune::text
