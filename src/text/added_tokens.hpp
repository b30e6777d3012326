// Tokens that are found in a text as they are, before anything is cut into words: control tokens such as
// "<|im_end|>", and words that were added to a vocabulary.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/byte_range.hpp"
#include "text/flat_map.hpp"

namespace pmtune::text {

struct AddedToken {
  std::string text;
  std::int32_t id = -1;
  bool special = false;      // a control token, not a word
  bool strips_left = false;  // takes the white space before it along
  bool strips_right = false;
  bool single_word = false;   // not inside a word
  bool after_others = false;  // looked for in the normalized text between the others ("normalized" in tokenizer.json)

  // Texts of control tokens, also those of models that forgot to mark them so. Nothing a user wrote may become one.
  bool is_control() const;
};

class AddedTokens {
 public:
  // In a normalized text the token is looked for in the form that the normalizer gives it.
  void add(AddedToken token, std::string_view normalized);

  struct Match {
    ByteRange bytes;
    std::int32_t id = -1;
  };

  // The tokens of a text, left to right, the longest at each place. A control token is passed over where it would
  // overlap a range of `untrusted` (sorted, disjoint). First those that are looked for in the text as it is, then, in
  // each part between these when it is normalized, the others.
  std::vector<Match> find_first(std::string_view text, const std::vector<ByteRange>& untrusted) const {
    return search(first_, text, untrusted);
  }
  std::vector<Match> find_later(std::string_view normalized, const std::vector<ByteRange>& untrusted) const {
    return search(later_, normalized, untrusted);
  }
  // How many bytes of white space a text begins with: those that a token before it would take along.
  static std::size_t white_space_before(std::string_view text);
  bool has_later() const { return has_later_; }

 private:
  // A tree of bytes; token_ is an index into tokens_, or -1.
  struct Trie {
    std::array<bool, 256> starts{};
    FlatMap children;
    std::vector<std::int32_t> token{-1};
    void insert(std::string_view text, std::int32_t index);
  };
  std::vector<Match> search(const Trie& trie, std::string_view text, const std::vector<ByteRange>& untrusted) const;
  const AddedToken* longest_at(const Trie& trie, std::string_view text, ByteRange& found,
                               std::size_t trusted_until) const;

  std::vector<AddedToken> tokens_;
  Trie first_;
  Trie later_;
  bool has_later_ = false;
};

}  // namespace pmtune::text
