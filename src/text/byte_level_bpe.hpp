// The tokenizer of GPT-2, Llama 3, Qwen, SmolLM and their kin: byte-pair encoding over bytes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "text/added_tokens.hpp"
#include "text/bpe_merger.hpp"
#include "text/normalizer.hpp"
#include "text/pre_tokenizer.hpp"
#include "text/tokenizer.hpp"
#include "text/word_table.hpp"

namespace pmtune::text {

// What a file says about such a tokenizer, before it is checked.
struct BpeParts {
  std::string where;                // the file, for messages
  std::vector<std::string> tokens;  // by id, in GPT-2's alphabet; added tokens as they are. Empty ones encode nothing
  std::vector<AddedToken> added;
  std::vector<std::pair<std::string, std::string>> merges;  // by rank
  Normalizer normalizer = Normalizer::none;
  PreTokenizer pre_tokenizer;
  bool ignore_merges = false;  // a word that is a token is taken as it is
  TokenId unknown = -1;        // stands for bytes without a token; -1: they are dropped
  bool fuse_unknown = false;
  TokenId bos = -1;
  TokenId eos = -1;
  bool adds_bos = false;
  std::vector<TokenId> more_stop_tokens;
  std::string chat_template;
};

class ByteLevelBpe final : public Tokenizer {
 public:
  // Throws corrupt when the parts contradict each other or pass a limit.
  explicit ByteLevelBpe(BpeParts parts);

  std::vector<TokenId> encode_guarded(std::string_view text, const std::vector<ByteRange>& untrusted) const override;
  std::string_view bytes(TokenId id) const override;
  std::int64_t size() const override { return static_cast<std::int64_t>(bytes_.size()); }
  bool is_special(TokenId id) const override;
  TokenId find(std::string_view token_text) const override;

 private:
  void check_parts(const BpeParts& parts) const;
  void take_tokens(const BpeParts& parts);
  void take_added(const BpeParts& parts);
  void take_merges(const BpeParts& parts);
  void find_words_that_stay_whole();
  std::string digest(const BpeParts& parts) const;

  void encode_words(std::string_view text, std::vector<TokenId>& ids) const;
  void encode_word(std::string_view word, std::vector<TokenId>& symbols, std::vector<TokenId>& ids) const;
  void split_into_bytes(std::string_view word, std::vector<TokenId>& symbols) const;

  std::string where_;
  std::vector<std::string> bytes_;  // by id
  std::vector<bool> special_;       // by id
  std::vector<bool> control_;       // by id: never made from plain text
  std::vector<bool> stays_whole_;   // by id: the merges make this token of its own bytes
  std::array<TokenId, 256> byte_tokens_{};
  WordTable words_;
  std::unordered_map<std::string, TokenId> added_by_text_;
  AddedTokens added_;
  BpeMerger merger_;
  Normalizer normalizer_;
  PreTokenizer pre_tokenizer_;
  bool ignore_merges_;
  TokenId unknown_;
  bool fuse_unknown_;
};

}  // namespace pmtune::text
