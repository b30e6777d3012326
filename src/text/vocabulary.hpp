// The tokens of a BPE tokenizer by id and by text, checked.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/bpe_parts.hpp"
#include "text/flat_map.hpp"
#include "text/word_table.hpp"

namespace pmtune::text {

class Vocabulary {
 public:
  // Throws corrupt when the parts contradict each other or pass a limit.
  explicit Vocabulary(const BpeParts& parts);
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

  std::size_t size() const { return bytes_.size(); }
  const std::string& bytes(std::size_t id) const { return bytes_[id]; }  // what the token stands for
  bool is_special(std::size_t id) const { return special_[id]; }
  bool is_control(std::size_t id) const { return control_[id]; }  // never made from plain text
  bool is_added(std::size_t id) const { return added_[id]; }
  bool strips_right(std::size_t id) const { return strips_right_[id]; }
  // Whether words can be made of it: not of control tokens and named bytes, nor of what spells no text.
  bool is_word(std::size_t id) const { return word_[id]; }

  // The token that is a word as it stands in a text before merging; -1 when there is none.
  TokenId find_word(std::string_view word) const { return words_.find(word); }
  std::string_view word(std::size_t id) const { return alphabet_ == Alphabet::bytes ? bytes_[id] : spelled_[id]; }
  TokenId find_added(std::string_view text) const;

  // The tokens that merging starts from: of the word's bytes, or of its characters.
  void split(std::string_view word, std::vector<TokenId>& symbols) const;
  // Whether an unknown character's token depends on the character before it.
  bool joins_unknown() const { return fuse_unknown_ && !spells_everything_; }

 private:
  void check(const BpeParts& parts) const;
  void take_added(const BpeParts& parts);
  void take_bytes_alphabet(const BpeParts& parts);
  void take_characters(const BpeParts& parts);
  void take_named_bytes(const BpeParts& parts);
  void split_characters(std::string_view word, std::vector<TokenId>& symbols) const;

  Alphabet alphabet_;
  TokenId unknown_;
  bool fuse_unknown_;
  std::vector<std::string> bytes_;                                     // by id
  std::vector<std::string> spelled_;                                   // by id, of characters: as in the file
  std::vector<bool> special_, control_, added_, strips_right_, word_;  // by id
  std::array<TokenId, 256> byte_tokens_{};
  bool spells_everything_ = false;  // by its named bytes
  FlatMap characters_;              // the token of each character, whose bytes are the key
  WordTable words_;
  std::unordered_map<std::string, TokenId> added_by_text_;
};

}  // namespace pmtune::text
