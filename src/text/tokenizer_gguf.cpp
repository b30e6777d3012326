// A tokenizer from the metadata of a GGUF file (keys "tokenizer.ggml.*"), as llama.cpp reads it.

#include "base/ascii.hpp"
#include "base/fail.hpp"
#include "text/bpe_tokenizer.hpp"
#include "text/limits.hpp"
#include "text/shown.hpp"

namespace pmtune::text {
namespace {

constexpr std::string_view fetch_again = "; the file is damaged, fetch it again.";

// Kinds of token in "tokenizer.ggml.token_type"; the others (normal, unused) need no special care.
enum GgufTokenType : std::int64_t { gguf_unknown = 2, gguf_control = 3, gguf_user_defined = 4, gguf_byte = 6 };

class GgufReader {
 public:
  explicit GgufReader(const files::GgufFile& file) : file_(file) { parts_.where = file.path().string(); }

  BpeParts read() {
    const std::string& model = string_of("tokenizer.ggml.model", "it is not a language model, choose another file.");
    read_tokens();
    if (model == "gpt2") {
      read_byte_level();
    } else if (model == "llama") {
      read_sentence_piece();
    } else {
      fail(Code::unsupported, parts_.where, " has a tokenizer of the kind \"", shown(model),
           "\"; only byte-level BPE (\"gpt2\") and SentencePiece's BPE (\"llama\") can be used yet, choose another "
           "model.");
    }
    for (const char* key : {"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"})
      if (const TokenId id = id_of(key); id >= 0) parts_.more_stop_tokens.push_back(id);
    if (const std::string* chat_template = file_.get_string("tokenizer.chat_template"))
      parts_.chat_template = *chat_template;
    return std::move(parts_);
  }

 private:
  const std::string& string_of(const std::string& key, std::string_view cure) const {
    const std::string* value = file_.get_string(key);
    if (value == nullptr) fail(Code::corrupt, parts_.where, " has no ", key, "; ", cure);
    return *value;
  }

  // otherwise: where the file has no such key.
  TokenId id_of(const std::string& key, TokenId otherwise = -1) const {
    const std::int64_t* id = file_.get_int(key);
    if (id == nullptr) return otherwise < static_cast<TokenId>(parts_.tokens.size()) ? otherwise : -1;
    if (*id < 0 || static_cast<std::uint64_t>(*id) >= parts_.tokens.size())
      fail(Code::corrupt, key, " of ", parts_.where, " is ", *id, ", but there are ", parts_.tokens.size(), " tokens",
           fetch_again);
    return static_cast<TokenId>(*id);
  }

  bool flag(const std::string& key, bool otherwise) const {
    const bool* value = file_.get_bool(key);
    return value == nullptr ? otherwise : *value;
  }

  void read_tokens() {
    const std::vector<std::string>* tokens = file_.get_strings("tokenizer.ggml.tokens");
    if (tokens == nullptr) fail(Code::corrupt, parts_.where, " has no tokenizer.ggml.tokens; fetch the model again.");
    if (tokens->size() > max_tokens)
      fail(Code::corrupt, parts_.where, " has ", tokens->size(), " tokens, more than ", max_tokens, fetch_again);
    types_ = file_.get_ints("tokenizer.ggml.token_type");
    if (types_ != nullptr && types_->size() != tokens->size())
      fail(Code::corrupt, parts_.where, " has ", tokens->size(), " tokens but ", types_->size(), " token types",
           fetch_again);
    parts_.tokens = *tokens;
    for (std::size_t id = 0; types_ != nullptr && id < types_->size(); ++id) {
      const std::int64_t type = (*types_)[id];
      if (type != gguf_unknown && type != gguf_control && type != gguf_user_defined) continue;
      parts_.added.push_back(
          {.text = (*tokens)[id], .id = static_cast<TokenId>(id), .special = type != gguf_user_defined});
    }
  }

  void read_byte_level() {
    const std::string& pre = string_of("tokenizer.ggml.pre", "convert the model again with a current converter.");
    parts_.pre_tokenizer = PreTokenizer::named(pre, parts_.where);
    parts_.ignore_merges = parts_.pre_tokenizer.ignores_merges();
    if (parts_.pre_tokenizer.composes()) parts_.normalizer.add_nfc();
    const std::vector<std::string>* merges = file_.get_strings("tokenizer.ggml.merges");
    if (merges == nullptr) fail(Code::corrupt, parts_.where, " has no tokenizer.ggml.merges; fetch the model again.");
    if (merges->size() > max_merges)
      fail(Code::corrupt, parts_.where, " has ", merges->size(), " merges, more than ", max_merges, fetch_again);
    parts_.merges.reserve(merges->size());
    for (const std::string& merge : *merges) parts_.merges.push_back(split_merge(merge));
    parts_.bos = id_of("tokenizer.ggml.bos_token_id");
    parts_.eos = id_of("tokenizer.ggml.eos_token_id");
    parts_.adds_bos = flag("tokenizer.ggml.add_bos_token", parts_.pre_tokenizer.adds_bos());
  }

  // A merge is two tokens with a space between; the first may itself begin with a space in odd vocabularies.
  std::pair<std::string, std::string> split_merge(const std::string& merge) const {
    const std::size_t space = merge.find(' ', 1);
    if (space == std::string::npos || space + 1 == merge.size())
      fail(Code::corrupt, "Merge ", parts_.merges.size(), " of ", parts_.where,
           " is not two tokens with a space between", fetch_again);
    return {merge.substr(0, space), merge.substr(space + 1)};
  }

  void read_sentence_piece() {
    const std::vector<double>* scores = file_.get_numbers("tokenizer.ggml.scores");
    if (scores == nullptr) fail(Code::corrupt, parts_.where, " has no tokenizer.ggml.scores", fetch_again);
    if (types_ == nullptr) fail(Code::corrupt, parts_.where, " has no tokenizer.ggml.token_type", fetch_again);
    parts_.scores = *scores;
    parts_.alphabet = Alphabet::characters;
    parts_.decoding = TokenDecoding::sentence_piece();
    parts_.unknown = id_of("tokenizer.ggml.unknown_token_id", 0);
    parts_.fuse_unknown = true;  // as SentencePiece does
    parts_.bos = id_of("tokenizer.ggml.bos_token_id", 1);
    parts_.eos = id_of("tokenizer.ggml.eos_token_id", 2);
    parts_.adds_bos = flag("tokenizer.ggml.add_bos_token", true);
    check_bytes();
    normalize_spaces();
    if (is_phi3()) strip_behind_tokens();
  }

  void check_bytes() {
    for (std::size_t id = 0; id < types_->size(); ++id) {
      if ((*types_)[id] != gguf_byte) continue;
      if (!named_byte(parts_.tokens[id]))
        fail(Code::corrupt, "Token ", id, " of ", parts_.where, " is to stand for a byte, but is called \"",
             shown(parts_.tokens[id]), "\"; it must be <0x00> to <0xFF>. Fetch the model again.");
      parts_.byte_fallback = true;
    }
  }

  void normalize_spaces() {
    if (flag("tokenizer.ggml.remove_extra_whitespaces", false)) {
      parts_.normalizer.add_replace(Regex(R"(\A +| +\z| +(?= ))", parts_.where), "");
    }
    const bool adds_space = flag("tokenizer.ggml.add_space_prefix", true);
    parts_.decoding.drops_first_space = adds_space;
    if (adds_space) parts_.normalizer.add_prepend(std::string(visible_space));
    parts_.normalizer.add_replace(" ", std::string(visible_space));
  }

  // A GGUF does not say which tokens take the white space behind them along; llama.cpp goes by the model's name.
  bool is_phi3() const {
    const std::string* name = file_.get_string("general.name");
    if (name == nullptr) return false;
    const std::string lower = ascii_lower(*name);
    return lower.find("phi-3") != std::string::npos || lower.find("phi3") != std::string::npos;
  }

  void strip_behind_tokens() {
    for (AddedToken& token : parts_.added)
      token.strips_right = token.text != "<unk>" && token.text != "<s>" && token.text != "<|endoftext|>";
  }

  const files::GgufFile& file_;
  const std::vector<std::int64_t>* types_ = nullptr;
  BpeParts parts_;
};

}  // namespace

std::shared_ptr<const Tokenizer> Tokenizer::from_gguf(const files::GgufFile& file) {
  return std::make_shared<const BpeTokenizer>(GgufReader(file).read());
}

}  // namespace pmtune::text
