// Cuts a text into words, within which (and never across which) BPE merges. A chain of steps, each cutting the pieces
// of the one before.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "text/json_members.hpp"
#include "text/preceding.hpp"
#include "text/regex.hpp"

namespace pmtune::text {

// What becomes of the matches of a step, in the words of Hugging Face tokenizers.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

// GPT-2's pattern, which the ByteLevel step uses (Radford et al. 2019, encoder.py).
inline constexpr std::string_view gpt2_pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

class PreTokenizer {
 public:
  // By the name in a GGUF ("tokenizer.ggml.pre"). Throws unsupported for a name not known for certain.
  static PreTokenizer named(std::string_view name, std::string_view where);

  // From the "pre_tokenizer" of a tokenizer.json; null: texts stay whole. Throws corrupt, or unsupported for a step
  // that is not known, naming it.
  static PreTokenizer from_json(const Json& value, std::string_view where);

  // The pieces of valid UTF-8, in order, none empty; they view `text` or `storage`.
  void split(std::string_view text, Preceding preceding, std::vector<std::string_view>& pieces,
             std::deque<std::string>& storage) const;

  bool is_byte_level() const { return byte_level_; }  // the words are cut into bytes, not characters

  // The same for two pre-tokenizers exactly when they cut alike by construction; part of a tokenizer's fingerprint.
  const std::string& description() const { return description_; }

  // What a GGUF leaves unsaid about the tokenizers of this name; nothing is known from a tokenizer.json.
  bool ignores_merges() const { return ignores_merges_; }  // a word that is a token is taken as it is
  bool adds_bos() const { return adds_bos_; }
  bool composes() const { return composes_; }  // texts are brought into NFC first

 private:
  // Where a step puts a space in front of a piece that has none.
  enum class Prefix { never, first, always };
  struct Step {
    std::optional<Regex> regex = std::nullopt;  // where it cuts; without one only the spaces change
    SplitBehavior behavior = SplitBehavior::isolated;
    bool inverted = false;
    Prefix prefix = Prefix::never;  // done before the regex
    std::string space = " ";        // what spaces become before that, and what stands in front
  };
  void add_step(Step step);
  void add_pattern(std::string_view pattern, std::string_view where);
  void add_digits(bool individual, std::string_view where);
  void add_byte_level(bool adds_prefix_space, bool uses_regex, std::string_view where);
  void add_json_step(const Json& value, std::string_view where, std::size_t depth);
  void add_json_metaspace(const JsonStep& step);

  static std::string_view respaced(const Step& step, std::string_view piece, bool is_first, Preceding preceding,
                                   std::deque<std::string>& storage);

  std::vector<Step> steps_;
  std::string description_;
  bool ignores_merges_ = false;
  bool adds_bos_ = false;
  bool composes_ = false;
  bool byte_level_ = false;
};

}  // namespace pmtune::text
