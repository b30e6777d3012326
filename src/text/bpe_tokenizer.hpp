// Tokenizers by byte-pair encoding: over bytes (GPT-2, Llama 3, Qwen, SmolLM), or over characters as SentencePiece
// has it (Llama 2, Phi-3, Mistral, Gemma).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/added_tokens.hpp"
#include "text/bpe_merger.hpp"
#include "text/bpe_parts.hpp"
#include "text/join_filter.hpp"
#include "text/tokenizer.hpp"
#include "text/vocabulary.hpp"

namespace pmtune::text {

class BpeTokenizer final : public Tokenizer {
 public:
  // Throws corrupt when the parts contradict each other or pass a limit.
  explicit BpeTokenizer(BpeParts parts);

  using Tokenizer::encode_guarded;
  std::vector<TokenId> encode_guarded(std::string_view text, const std::vector<ByteRange>& untrusted,
                                      Preceding preceding) const override;
  std::string_view bytes(TokenId id) const override;
  std::int64_t size() const override { return static_cast<std::int64_t>(vocabulary_.size()); }
  bool is_special(TokenId id) const override { return exists(id) && vocabulary_.is_special(index(id)); }
  Preceding after(TokenId id) const override;
  TokenId find(std::string_view token_text) const override;

 private:
  // Room that the words of one text share.
  struct Scratch;

  bool exists(TokenId id) const { return id >= 0 && index(id) < vocabulary_.size(); }
  static std::size_t index(TokenId id) { return static_cast<std::size_t>(id); }
  void find_words_that_stay_whole();
  std::string digest(const BpeParts& parts) const;

  void encode_gap(std::string_view text, const std::vector<ByteRange>& untrusted, Preceding preceding,
                  Scratch& scratch) const;
  void encode_normalized(std::string_view text, Preceding preceding, Scratch& scratch) const;
  void encode_piece(std::string_view piece, Scratch& scratch) const;
  void encode_word(std::string_view word, Scratch& scratch) const;

  Vocabulary vocabulary_;
  AddedTokens added_;
  BpeMerger merger_;
  JoinFilter join_filter_;
  Normalizer normalizer_;
  PreTokenizer pre_tokenizer_;
  bool ignore_merges_;
  std::vector<bool> stays_whole_;  // by id: the merges make this token of its own text
};

}  // namespace pmtune::text
