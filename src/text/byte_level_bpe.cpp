#include "text/byte_level_bpe.hpp"

#include <algorithm>

#include "base/fail.hpp"
#include "base/sha256.hpp"
#include "base/utf8.hpp"
#include "text/byte_alphabet.hpp"
#include "text/limits.hpp"
#include "text/shown.hpp"

namespace pmtune::text {
namespace {

constexpr std::string_view fetch_again = "; the file is damaged, fetch the model again.";

}  // namespace

ByteLevelBpe::ByteLevelBpe(BpeParts parts)
    : where_(parts.where),
      words_(bytes_),
      merger_(parts.merges.size() <= max_merges ? parts.merges.size() : 0),
      normalizer_(parts.normalizer),
      pre_tokenizer_(std::move(parts.pre_tokenizer)),
      ignore_merges_(parts.ignore_merges),
      unknown_(parts.unknown),
      fuse_unknown_(parts.fuse_unknown) {
  check_parts(parts);
  take_added(parts);
  take_tokens(parts);
  take_merges(parts);
  find_words_that_stay_whole();
  bos_ = parts.bos;
  eos_ = parts.eos;
  adds_bos_ = parts.adds_bos && bos_ >= 0;
  chat_template_ = std::move(parts.chat_template);
  find_stop_tokens();
  for (const TokenId id : parts.more_stop_tokens)
    if (std::find(stop_tokens_.begin(), stop_tokens_.end(), id) == stop_tokens_.end()) stop_tokens_.push_back(id);
  fingerprint_ = digest(parts);
}

void ByteLevelBpe::check_parts(const BpeParts& parts) const {
  const std::size_t count = parts.tokens.size();
  if (count == 0) fail(Code::corrupt, where_, " has an empty vocabulary", fetch_again);
  if (count > max_tokens) fail(Code::corrupt, where_, " has ", count, " tokens, more than ", max_tokens, fetch_again);
  if (parts.merges.size() > max_merges)
    fail(Code::corrupt, where_, " has ", parts.merges.size(), " merges, more than ", max_merges, fetch_again);
  for (std::size_t id = 0; id < count; ++id) {
    const std::string& token = parts.tokens[id];
    if (token.size() > max_token_bytes)
      fail(Code::corrupt, "Token ", id, " of ", where_, " is ", token.size(), " bytes long, more than ",
           max_token_bytes, fetch_again);
    if (find_invalid_utf8(token) != std::string_view::npos)
      fail(Code::corrupt, "Token ", id, " of ", where_, " is not valid UTF-8", fetch_again);
  }
  const auto check = [&](TokenId id, std::string_view what) {
    if (id < -1 || (id >= 0 && static_cast<std::size_t>(id) >= count))
      fail(Code::corrupt, "The ", what, " of ", where_, " is ", id, ", but there are ", count, " tokens",
           fetch_again);
  };
  check(parts.bos, "BOS token");
  check(parts.eos, "EOS token");
  check(parts.unknown, "unknown token");
  for (const TokenId id : parts.more_stop_tokens) check(id, "end-of-turn token");
  for (const AddedToken& token : parts.added)
    if (token.id < 0 || static_cast<std::size_t>(token.id) >= count)
      fail(Code::corrupt, "The added token \"", shown(token.text), "\" of ", where_, " has the id ", token.id,
           ", but there are ", count, " tokens", fetch_again);
}

void ByteLevelBpe::take_added(const BpeParts& parts) {
  bytes_.resize(parts.tokens.size());
  special_.resize(parts.tokens.size());
  control_.resize(parts.tokens.size());
  for (const AddedToken& token : parts.added) {
    const auto id = static_cast<std::size_t>(token.id);
    if (token.text.empty()) continue;
    if (!bytes_[id].empty())
      fail(Code::corrupt, "The added tokens \"", shown(bytes_[id]), "\" and \"", shown(token.text), "\" of ", where_,
           " share the id ", id, fetch_again);
    if (!added_by_text_.emplace(token.text, token.id).second)
      fail(Code::corrupt, "The added token \"", shown(token.text), "\" stands twice in ", where_, fetch_again);
    bytes_[id] = token.text;
    special_[id] = token.special;
    control_[id] = token.is_control();
    added_.add(token);
  }
}

void ByteLevelBpe::take_tokens(const BpeParts& parts) {
  words_.reserve(parts.tokens.size());
  byte_tokens_.fill(-1);
  for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
    std::string& bytes = bytes_[id];
    bool is_word = !control_[id];
    if (bytes.empty()) {
      std::optional<std::string> from_alphabet = bytes_from_alphabet(parts.tokens[id]);
      is_word = from_alphabet.has_value() && !from_alphabet->empty();
      bytes = from_alphabet ? std::move(*from_alphabet) : parts.tokens[id];
    }
    if (!is_word) continue;
    const TokenId token = static_cast<TokenId>(id);
    if (bytes.size() == 1 && byte_tokens_[static_cast<unsigned char>(bytes[0])] < 0)
      byte_tokens_[static_cast<unsigned char>(bytes[0])] = token;
    words_.insert(token);
  }
}

void ByteLevelBpe::take_merges(const BpeParts& parts) {
  std::unordered_map<std::string_view, TokenId> vocabulary;
  vocabulary.reserve(parts.tokens.size());
  for (std::size_t id = 0; id < parts.tokens.size(); ++id) {
    const std::string& token = parts.tokens[id];
    const auto [other, is_new] = vocabulary.emplace(token, static_cast<TokenId>(id));
    if (!is_new && !token.empty())
      fail(Code::corrupt, "Tokens ", other->second, " and ", id, " of ", where_, " are both \"", shown(token), "\"",
           fetch_again);
  }
  // A GGUF stores added words as they are, not in the alphabet of the merges.
  const auto find_token = [&](const std::string& token, std::size_t merge) {
    const auto found = vocabulary.find(token);
    if (found != vocabulary.end() && !token.empty()) return found->second;
    const std::optional<std::string> bytes = bytes_from_alphabet(token);
    const auto added = bytes ? added_by_text_.find(*bytes) : added_by_text_.end();
    if (added == added_by_text_.end())
      fail(Code::corrupt, "Merge ", merge, " of ", where_, " names \"", shown(token), "\", which is not a token",
           fetch_again);
    return added->second;
  };
  for (std::size_t rank = 0; rank < parts.merges.size(); ++rank) {
    const auto& [left, right] = parts.merges[rank];
    const TokenId joined = find_token(left + right, rank);
    // Plain text must never become a control token, whatever the file says.
    if (control_[static_cast<std::size_t>(joined)]) continue;
    merger_.add(find_token(left, rank), find_token(right, rank), static_cast<std::uint32_t>(rank), joined);
  }
}

void ByteLevelBpe::find_words_that_stay_whole() {
  stays_whole_.assign(bytes_.size(), ignore_merges_);
  if (ignore_merges_) return;
  std::vector<TokenId> symbols;
  for (std::size_t id = 0; id < bytes_.size(); ++id) {
    if (words_.find(bytes_[id]) != static_cast<TokenId>(id)) continue;
    split_into_bytes(bytes_[id], symbols);
    merger_.merge(symbols);
    stays_whole_[id] = symbols.size() == 1 && symbols[0] == static_cast<TokenId>(id);
  }
}

std::string ByteLevelBpe::digest(const BpeParts& parts) const {
  Sha256 sum;
  const auto add = [&](std::string_view text) { sum.update(concat(text.size(), ':')).update(text); };
  add("byte-level bpe 1");
  for (const std::string& token : parts.tokens) add(token);
  add("added");
  for (const AddedToken& token : parts.added) {
    add(token.text);
    add(concat(token.id, ' ', token.special, token.strips_left, token.strips_right, token.after_others));
  }
  add("merges");
  for (const auto& [left, right] : parts.merges) {
    add(left);
    add(right);
  }
  add(pre_tokenizer_.description());
  add(concat(static_cast<int>(normalizer_), ' ', ignore_merges_, ' ', unknown_, ' ', fuse_unknown_, ' ', bos_, ' ',
             eos_, ' ', adds_bos_));
  add(chat_template_);
  return sum.hex();
}

std::vector<TokenId> ByteLevelBpe::encode_guarded(std::string_view text,
                                                  const std::vector<ByteRange>& untrusted) const {
  if (const std::size_t at = find_invalid_utf8(text); at != std::string_view::npos)
    fail(Code::invalid_argument, "The text is not valid UTF-8 at byte ", at, "; save it as UTF-8.");
  std::vector<TokenId> ids;
  ids.reserve(text.size() / 4 + 4);
  std::size_t at = 0;
  for (const AddedTokens::Match& match : added_.find_all(text, untrusted)) {
    encode_words(text.substr(at, match.bytes.begin - at), ids);
    ids.push_back(match.id);
    at = match.bytes.end;
  }
  encode_words(text.substr(at), ids);
  return ids;
}

void ByteLevelBpe::encode_words(std::string_view text, std::vector<TokenId>& ids) const {
  if (text.empty()) return;
  const std::string normalized = normalizer_ == Normalizer::nfc ? compose(text) : std::string();
  if (normalizer_ == Normalizer::nfc) text = normalized;
  std::vector<std::string_view> pieces;
  std::deque<std::string> storage;
  pre_tokenizer_.split(text, pieces, storage);
  std::vector<TokenId> symbols;
  for (const std::string_view piece : pieces) encode_word(piece, symbols, ids);
}

void ByteLevelBpe::encode_word(std::string_view word, std::vector<TokenId>& symbols,
                               std::vector<TokenId>& ids) const {
  const TokenId whole = words_.find(word);
  if (whole >= 0 && stays_whole_[static_cast<std::size_t>(whole)]) {
    ids.push_back(whole);
    return;
  }
  split_into_bytes(word, symbols);
  merger_.merge(symbols);
  ids.insert(ids.end(), symbols.begin(), symbols.end());
}

void ByteLevelBpe::split_into_bytes(std::string_view word, std::vector<TokenId>& symbols) const {
  symbols.clear();
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

std::string_view ByteLevelBpe::bytes(TokenId id) const {
  if (id < 0 || static_cast<std::size_t>(id) >= bytes_.size())
    fail(Code::invalid_argument, "There is no token ", id, "; the ids of this tokenizer are 0 to ", bytes_.size() - 1,
         ".");
  return bytes_[static_cast<std::size_t>(id)];
}

bool ByteLevelBpe::is_special(TokenId id) const {
  return id >= 0 && static_cast<std::size_t>(id) < special_.size() && special_[static_cast<std::size_t>(id)];
}

TokenId ByteLevelBpe::find(std::string_view token_text) const {
  const auto added = added_by_text_.find(std::string(token_text));
  return added != added_by_text_.end() ? added->second : words_.find(token_text);
}

}  // namespace pmtune::text
