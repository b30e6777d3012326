// Text to token ids and back, exactly as the model's own tokenizer does it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "files/gguf.hpp"
#include "text/byte_range.hpp"
#include "text/preceding.hpp"

namespace pmtune::text {

using TokenId = std::int32_t;

// Immutable after construction: share it between threads freely.
class Tokenizer {
 public:
  // From the metadata of a GGUF ("tokenizer.ggml.*"): SentencePiece's BPE by scores ("llama"), or byte-level BPE with
  // a pre-tokenizer known by name ("gpt2"). Throws corrupt, or unsupported for another kind, naming it.
  static std::shared_ptr<const Tokenizer> from_gguf(const files::GgufFile& file);

  // From a Hugging Face folder: tokenizer.json (BPE), with tokenizer_config.json for the special tokens. Throws
  // corrupt, not_found, or unsupported for a part not known, naming it.
  static std::shared_ptr<const Tokenizer> from_folder(const std::filesystem::path& folder);

  virtual ~Tokenizer() = default;

  // special: texts such as "<|im_end|>" become their control token; otherwise they are encoded as plain text, which
  // is what a user's words must be. Never adds a BOS or EOS. Invalid UTF-8 is refused with invalid_argument.
  std::vector<TokenId> encode(std::string_view text, bool special) const;

  // Text of mixed origin: control tokens are found as with special=true, except where they would overlap a range of
  // `untrusted` (sorted, disjoint). There a user's "<|im_end|>" stays plain text, and all other ids are what they
  // would be without the ranges: words are not cut at a range's ends. preceding: what stands before, when the text is
  // a part of a longer one.
  virtual std::vector<TokenId> encode_guarded(std::string_view text, const std::vector<ByteRange>& untrusted,
                                              Preceding preceding) const = 0;
  std::vector<TokenId> encode_guarded(std::string_view text, const std::vector<ByteRange>& untrusted) const {
    return encode_guarded(text, untrusted, Preceding::nothing);
  }

  // The bytes of one token; control tokens give their text. Concatenated over a sequence they may end within a
  // character.
  virtual std::string_view bytes(TokenId id) const = 0;

  virtual std::int64_t size() const = 0;                        // number of tokens
  virtual bool is_special(TokenId id) const = 0;                // a control token
  virtual Preceding after(TokenId id) const = 0;                // what a text goes on from behind this token
  virtual TokenId find(std::string_view token_text) const = 0;  // -1 when there is none

  // Bytes of all ids, joined; control tokens are left out when skip_special. Invalid UTF-8 is replaced by U+FFFD.
  // Where drops_first_space, one space at the beginning goes.
  std::string decode(const std::vector<TokenId>& ids, bool skip_special = true) const;

  TokenId bos() const { return bos_; }  // -1 when the model has none
  TokenId eos() const { return eos_; }
  bool adds_bos() const { return adds_bos_; }  // the model expects a BOS before plain text
  // Tokens that end an answer: eos, and the end-of-turn tokens that this vocabulary has.
  const std::vector<TokenId>& stop_tokens() const { return stop_tokens_; }
  // A space at the beginning of a text is the tokenizer's, not the writer's (SentencePiece).
  bool drops_first_space() const { return drops_first_space_; }
  // The model's chat template (Jinja), empty when it has none.
  const std::string& chat_template() const { return chat_template_; }
  // SHA-256 over vocabulary, merges and template: two tokenizers with one fingerprint encode alike.
  const std::string& fingerprint() const { return fingerprint_; }

 protected:
  void find_stop_tokens();
  TokenId bos_ = -1;
  TokenId eos_ = -1;
  bool adds_bos_ = false;
  bool drops_first_space_ = false;
  std::vector<TokenId> stop_tokens_;
  std::string chat_template_;
  std::string fingerprint_;
};

}  // namespace pmtune::text
