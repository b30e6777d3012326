#include "text/bpe_tokenizer.hpp"

#include <algorithm>
#include <deque>

#include "base/fail.hpp"
#include "base/sha256.hpp"
#include "base/utf8.hpp"
#include "text/merge_rules.hpp"

namespace pmtune::text {
namespace {

// The ranges of a normalized text that come from untrusted bytes; origins are those of Normalizer::apply.
std::vector<ByteRange> moved(const std::vector<ByteRange>& untrusted, const std::vector<std::size_t>& origins) {
  if (origins.empty()) return untrusted;  // nothing has changed
  std::vector<ByteRange> ranges;
  for (std::size_t i = 0; i < origins.size(); ++i) {
    const auto range = std::partition_point(untrusted.begin(), untrusted.end(),
                                            [&](const ByteRange& candidate) { return candidate.end <= origins[i]; });
    if (range == untrusted.end() || origins[i] < range->begin) continue;
    if (!ranges.empty() && ranges.back().end == i) {
      ++ranges.back().end;
    } else {
      ranges.push_back({i, i + 1});
    }
  }
  return ranges;
}

// Merging may only be split where the text of tokens is the text that is merged.
bool can_cut(const BpeParts& parts, const Vocabulary& vocabulary) {
  if (parts.alphabet != Alphabet::characters || vocabulary.joins_unknown()) return false;
  const auto is_text = [&](const std::string& token) {
    return !named_byte(token) &&
           (parts.unknown < 0 || token != parts.tokens[static_cast<std::size_t>(parts.unknown)]);
  };
  return std::all_of(parts.merges.begin(), parts.merges.end(),
                     [&](const auto& merge) { return is_text(merge.first) && is_text(merge.second); });
}

}  // namespace

struct BpeTokenizer::Scratch {
  std::vector<TokenId>& ids;
  std::vector<std::string_view> pieces = {};
  std::deque<std::string> storage = {};
  std::vector<TokenId> symbols = {};
};

BpeTokenizer::BpeTokenizer(BpeParts parts)
    : vocabulary_(parts),
      merger_(merge_rules(parts, vocabulary_)),
      join_filter_(can_cut(parts, vocabulary_) ? JoinFilter(parts.tokens) : JoinFilter()),
      normalizer_(std::move(parts.normalizer)),
      pre_tokenizer_(std::move(parts.pre_tokenizer)),
      ignore_merges_(parts.ignore_merges) {
  for (const AddedToken& token : parts.added) {
    std::string normalized;
    added_.add(token, normalizer_.apply(token.text, Preceding::nothing, normalized));
  }
  find_words_that_stay_whole();
  bos_ = parts.bos;
  eos_ = parts.eos;
  adds_bos_ = parts.adds_bos && bos_ >= 0;
  drops_first_space_ = parts.alphabet == Alphabet::characters && parts.decoding.drops_first_space;
  fingerprint_ = digest(parts);
  chat_template_ = std::move(parts.chat_template);
  find_stop_tokens();
  for (const TokenId id : parts.more_stop_tokens)
    if (std::find(stop_tokens_.begin(), stop_tokens_.end(), id) == stop_tokens_.end()) stop_tokens_.push_back(id);
}

void BpeTokenizer::find_words_that_stay_whole() {
  stays_whole_.assign(vocabulary_.size(), false);
  std::vector<TokenId> symbols;
  for (std::size_t id = 0; id < vocabulary_.size(); ++id) {
    if (vocabulary_.find_word(vocabulary_.word(id)) != static_cast<TokenId>(id)) continue;
    vocabulary_.split(vocabulary_.word(id), symbols);
    merger_.merge(symbols);
    stays_whole_[id] = symbols.size() == 1 && symbols[0] == static_cast<TokenId>(id);
  }
}

std::string BpeTokenizer::digest(const BpeParts& parts) const {
  Sha256 sum;
  const auto add = [&](std::string_view text) { sum.update(concat(text.size(), ':')).update(text); };
  add("bpe 2");
  for (const std::string& token : parts.tokens) add(token);
  add("added");
  for (const AddedToken& token : parts.added) {
    add(token.text);
    add(concat(token.id, ' ', token.special, token.strips_left, token.strips_right, token.single_word,
               token.after_others));
  }
  add("merges");
  for (const auto& [left, right] : parts.merges) {
    add(left);
    add(right);
  }
  sum.update(
      std::string_view(reinterpret_cast<const char*>(parts.scores.data()), parts.scores.size() * sizeof(double)));
  add("decoding");
  for (const auto& [sought, with] : parts.decoding.replacements) {
    add(sought);
    add(with);
  }
  add(normalizer_.description());
  add(pre_tokenizer_.description());
  add(concat(static_cast<int>(parts.alphabet), ' ', parts.byte_fallback, ' ', parts.decoding.names_bytes, ' ',
             parts.decoding.drops_first_space, ' ', ignore_merges_, ' ', parts.unknown, ' ', parts.fuse_unknown, ' ',
             bos_, ' ', eos_, ' ', adds_bos_));
  add(parts.chat_template);
  return sum.hex();
}

std::vector<TokenId> BpeTokenizer::encode_guarded(std::string_view text, const std::vector<ByteRange>& untrusted,
                                                  Preceding preceding) const {
  if (const std::size_t at = find_invalid_utf8(text); at != std::string_view::npos)
    fail(Code::invalid_argument, "The text is not valid UTF-8 at byte ", at, "; save it as UTF-8.");
  std::vector<TokenId> ids;
  ids.reserve(text.size() / 4 + 4);
  Scratch scratch{.ids = ids};
  std::size_t at = preceding == Preceding::stripping_token ? AddedTokens::white_space_before(text) : 0;
  const auto encode_until = [&](std::size_t end) {
    if (end > at) encode_gap(text.substr(at, end - at), within(untrusted, {at, end}), preceding, scratch);
  };
  for (const AddedTokens::Match& match : added_.find_first(text, untrusted)) {
    encode_until(match.bytes.begin);
    ids.push_back(match.id);
    at = match.bytes.end;
    preceding = Preceding::token;
  }
  encode_until(text.size());
  return ids;
}

// Text without the added tokens that are found first.
void BpeTokenizer::encode_gap(std::string_view text, const std::vector<ByteRange>& untrusted, Preceding preceding,
                              Scratch& scratch) const {
  std::string storage;
  if (!added_.has_later()) return encode_normalized(normalizer_.apply(text, preceding, storage), preceding, scratch);
  std::vector<std::size_t> origins;
  const std::string_view normalized =
      normalizer_.apply(text, preceding, storage, untrusted.empty() ? nullptr : &origins);
  std::size_t at = 0;
  for (const AddedTokens::Match& match : added_.find_later(normalized, moved(untrusted, origins))) {
    encode_normalized(normalized.substr(at, match.bytes.begin - at), preceding, scratch);
    scratch.ids.push_back(match.id);
    at = match.bytes.end;
    preceding = Preceding::token;
  }
  encode_normalized(normalized.substr(at), preceding, scratch);
}

void BpeTokenizer::encode_normalized(std::string_view text, Preceding preceding, Scratch& scratch) const {
  pre_tokenizer_.split(text, preceding, scratch.pieces, scratch.storage);
  for (const std::string_view piece : scratch.pieces) encode_piece(piece, scratch);
  scratch.storage.clear();
}

void BpeTokenizer::encode_piece(std::string_view piece, Scratch& scratch) const {
  if (ignore_merges_) {
    if (const TokenId whole = vocabulary_.find_word(piece); whole >= 0) return scratch.ids.push_back(whole);
  }
  while (!piece.empty()) {
    const std::string_view word = piece.substr(0, join_filter_.first_word(piece));
    encode_word(word, scratch);
    piece.remove_prefix(word.size());
  }
}

void BpeTokenizer::encode_word(std::string_view word, Scratch& scratch) const {
  const TokenId whole = vocabulary_.find_word(word);
  if (whole >= 0 && stays_whole_[index(whole)]) return scratch.ids.push_back(whole);
  vocabulary_.split(word, scratch.symbols);
  merger_.merge(scratch.symbols);
  scratch.ids.insert(scratch.ids.end(), scratch.symbols.begin(), scratch.symbols.end());
}

std::string_view BpeTokenizer::bytes(TokenId id) const {
  if (!exists(id))
    fail(Code::invalid_argument, "There is no token ", id, "; the ids of this tokenizer are 0 to ",
         vocabulary_.size() - 1, ".");
  return vocabulary_.bytes(index(id));
}

Preceding BpeTokenizer::after(TokenId id) const {
  if (!exists(id) || !vocabulary_.is_added(index(id))) return Preceding::text;
  return vocabulary_.strips_right(index(id)) ? Preceding::stripping_token : Preceding::token;
}

TokenId BpeTokenizer::find(std::string_view token_text) const {
  const TokenId added = vocabulary_.find_added(token_text);
  return added >= 0 ? added : vocabulary_.find_word(token_text);
}

}  // namespace pmtune::text
