#include "text/vocabulary.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "text/byte_alphabet.hpp"
#include "text/limits.hpp"
#include "text/shown.hpp"

namespace pmtune::text {
namespace {

constexpr std::string_view fetch_again = "; the file is damaged, fetch the model again.";

// How many bytes the character takes that begins with this byte, in valid UTF-8.
std::size_t character_bytes(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

std::uint64_t character_key(std::string_view character) {
  std::uint64_t key = 0;
  for (const char byte : character) key = key << 8 | static_cast<unsigned char>(byte);
  return key;
}

}  // namespace

Vocabulary::Vocabulary(const BpeParts& parts)
    : alphabet_(parts.alphabet),
      unknown_(parts.unknown),
      fuse_unknown_(parts.fuse_unknown),
      words_(parts.alphabet == Alphabet::bytes ? bytes_ : spelled_) {
  check(parts);
  const std::size_t count = parts.tokens.size();
  bytes_.resize(count);
  for (std::vector<bool>* flags : {&special_, &control_, &added_, &strips_right_, &word_}) flags->resize(count);
  byte_tokens_.fill(-1);
  words_.reserve(count);
  take_added(parts);
  if (alphabet_ == Alphabet::bytes) {
    take_bytes_alphabet(parts);
  } else {
    take_characters(parts);
    if (parts.byte_fallback) take_named_bytes(parts);
  }
}

void Vocabulary::check(const BpeParts& parts) const {
  const std::size_t count = parts.tokens.size();
  const std::string& where = parts.where;
  if (count == 0) fail(Code::corrupt, where, " has an empty vocabulary", fetch_again);
  if (count > max_tokens) fail(Code::corrupt, where, " has ", count, " tokens, more than ", max_tokens, fetch_again);
  for (std::size_t id = 0; id < count; ++id) {
    const std::string& token = parts.tokens[id];
    if (token.size() > max_token_bytes)
      fail(Code::corrupt, "Token ", id, " of ", where, " is ", token.size(), " bytes long, more than ",
           max_token_bytes, fetch_again);
    if (find_invalid_utf8(token) != std::string_view::npos)
      fail(Code::corrupt, "Token ", id, " of ", where, " is not valid UTF-8", fetch_again);
  }
  const auto check_id = [&](TokenId id, std::string_view what) {
    if (id < -1 || (id >= 0 && static_cast<std::size_t>(id) >= count))
      fail(Code::corrupt, "The ", what, " of ", where, " is ", id, ", but there are ", count, " tokens", fetch_again);
  };
  check_id(parts.bos, "BOS token");
  check_id(parts.eos, "EOS token");
  check_id(parts.unknown, "unknown token");
  for (const TokenId id : parts.more_stop_tokens) check_id(id, "end-of-turn token");
  for (const AddedToken& token : parts.added)
    if (token.id < 0 || static_cast<std::size_t>(token.id) >= count)
      fail(Code::corrupt, "The added token \"", shown(token.text), "\" of ", where, " has the id ", token.id,
           ", but there are ", count, " tokens", fetch_again);
}

void Vocabulary::take_added(const BpeParts& parts) {
  for (const AddedToken& token : parts.added) {
    const auto id = static_cast<std::size_t>(token.id);
    if (token.text.empty()) continue;
    if (!bytes_[id].empty())
      fail(Code::corrupt, "The added tokens \"", shown(bytes_[id]), "\" and \"", shown(token.text), "\" of ",
           parts.where, " share the id ", id, fetch_again);
    if (!added_by_text_.emplace(token.text, token.id).second)
      fail(Code::corrupt, "The added token \"", shown(token.text), "\" stands twice in ", parts.where, fetch_again);
    bytes_[id] = token.text;
    added_[id] = true;
    special_[id] = token.special;
    strips_right_[id] = token.strips_right;
    control_[id] = token.is_control();
  }
}

void Vocabulary::take_bytes_alphabet(const BpeParts& parts) {
  for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
    std::string& bytes = bytes_[id];
    word_[id] = !control_[id];
    if (bytes.empty()) {
      std::optional<std::string> from_alphabet = bytes_from_alphabet(parts.tokens[id]);
      word_[id] = from_alphabet.has_value() && !from_alphabet->empty();
      bytes = from_alphabet ? std::move(*from_alphabet) : parts.tokens[id];
    }
    if (!word_[id]) continue;
    const TokenId token = static_cast<TokenId>(id);
    if (bytes.size() == 1 && byte_tokens_[static_cast<unsigned char>(bytes[0])] < 0)
      byte_tokens_[static_cast<unsigned char>(bytes[0])] = token;
    words_.insert(token);
  }
}

void Vocabulary::take_characters(const BpeParts& parts) {
  spelled_ = parts.tokens;
  for (std::size_t id = 0; id < spelled_.size(); ++id) {
    const std::string& token = spelled_[id];
    if (token.empty()) continue;
    if (!control_[id]) bytes_[id] = parts.decoding.bytes_of(token);
    const bool is_named_byte = parts.byte_fallback && !added_[id] && named_byte(token).has_value();
    word_[id] = !control_[id] && !is_named_byte;
    if (!word_[id]) continue;
    words_.insert(static_cast<TokenId>(id));
    if (character_bytes(token.front()) == token.size()) characters_.insert_or_assign(character_key(token), id);
  }
}

void Vocabulary::take_named_bytes(const BpeParts& parts) {
  std::unordered_map<std::string_view, TokenId> by_name;
  for (std::size_t id = 0; id < parts.tokens.size(); ++id)
    if (named_byte(parts.tokens[id])) by_name.emplace(parts.tokens[id], static_cast<TokenId>(id));
  spells_everything_ = true;
  for (unsigned byte = 0; byte < 256; ++byte) {
    const auto found = by_name.find(byte_name(static_cast<std::uint8_t>(byte)));
    if (found != by_name.end()) byte_tokens_[byte] = found->second;
    const bool is_character = byte < 0x80 && characters_.find(byte) != FlatMap::absent;
    spells_everything_ = spells_everything_ && (found != by_name.end() || is_character);
  }
}

void Vocabulary::split(std::string_view word, std::vector<TokenId>& symbols) const {
  symbols.clear();
  if (alphabet_ == Alphabet::characters) return split_characters(word, symbols);
  bool last_unknown = false;
  for (const char byte : word) {
    const TokenId token = byte_tokens_[static_cast<unsigned char>(byte)];
    const bool is_unknown = token < 0;
    if (!is_unknown) {
      symbols.push_back(token);
    } else if (unknown_ >= 0 && !(fuse_unknown_ && last_unknown)) {
      symbols.push_back(unknown_);
    }
    last_unknown = is_unknown;
  }
}

void Vocabulary::split_characters(std::string_view word, std::vector<TokenId>& symbols) const {
  bool last_unknown = false;
  while (!word.empty()) {
    const std::string_view character = word.substr(0, character_bytes(word.front()));
    word.remove_prefix(character.size());
    const std::uint64_t token = characters_.find(character_key(character));
    const auto byte_token = [&](char byte) { return byte_tokens_[static_cast<unsigned char>(byte)]; };
    bool is_unknown = false;
    if (token != FlatMap::absent) {
      symbols.push_back(static_cast<TokenId>(token));
    } else if (std::all_of(character.begin(), character.end(), [&](char byte) { return byte_token(byte) >= 0; })) {
      for (const char byte : character) symbols.push_back(byte_token(byte));
    } else {
      is_unknown = true;
      if (unknown_ >= 0 && !(fuse_unknown_ && last_unknown)) symbols.push_back(unknown_);
    }
    last_unknown = is_unknown;
  }
}

TokenId Vocabulary::find_added(std::string_view text) const {
  const auto found = added_by_text_.find(std::string(text));
  return found != added_by_text_.end() ? found->second : -1;
}

}  // namespace pmtune::text
