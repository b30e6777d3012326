// A tokenizer from the metadata of a GGUF file (keys "tokenizer.ggml.*").
#include "base/fail.hpp"
#include "text/byte_level_bpe.hpp"
#include "text/limits.hpp"
#include "text/shown.hpp"

namespace pmtune::text {
namespace {

// Kinds of token in "tokenizer.ggml.token_type"; the others (normal, unused, byte) need no special care.
enum GgufTokenType : std::int64_t { gguf_unknown = 2, gguf_control = 3, gguf_user_defined = 4 };

const std::string& string_of(const files::GgufFile& file, const std::string& key, std::string_view cure) {
  const std::string* value = file.get_string(key);
  if (value == nullptr) fail(Code::corrupt, file.path().string(), " has no ", key, "; ", cure);
  return *value;
}

TokenId id_of(const files::GgufFile& file, const std::string& key, std::size_t count) {
  const std::int64_t* id = file.get_int(key);
  if (id == nullptr) return -1;
  if (*id < 0 || static_cast<std::uint64_t>(*id) >= count)
    fail(Code::corrupt, key, " of ", file.path().string(), " is ", *id, ", but there are ", count,
         " tokens; the file is damaged, fetch it again.");
  return static_cast<TokenId>(*id);
}

// A merge is two tokens with a space between; the first may itself begin with a space in odd vocabularies.
std::pair<std::string, std::string> split_merge(const std::string& merge, std::size_t rank,
                                                const std::string& where) {
  const std::size_t space = merge.find(' ', 1);
  if (space == std::string::npos || space + 1 == merge.size())
    fail(Code::corrupt, "Merge ", rank, " of ", where,
         " is not two tokens with a space between; the file is damaged, fetch it again.");
  return {merge.substr(0, space), merge.substr(space + 1)};
}

void take_tokens(const files::GgufFile& file, BpeParts& parts) {
  const std::vector<std::string>* tokens = file.get_strings("tokenizer.ggml.tokens");
  if (tokens == nullptr) fail(Code::corrupt, parts.where, " has no tokenizer.ggml.tokens; fetch the model again.");
  if (tokens->size() > max_tokens)
    fail(Code::corrupt, parts.where, " has ", tokens->size(), " tokens, more than ", max_tokens,
         "; the file is damaged, fetch it again.");
  const std::vector<std::int64_t>* types = file.get_ints("tokenizer.ggml.token_type");
  if (types != nullptr && types->size() != tokens->size())
    fail(Code::corrupt, parts.where, " has ", tokens->size(), " tokens but ", types->size(),
         " token types; the file is damaged, fetch it again.");
  parts.tokens = *tokens;
  for (std::size_t id = 0; types != nullptr && id < types->size(); ++id) {
    const std::int64_t type = (*types)[id];
    if (type != gguf_unknown && type != gguf_control && type != gguf_user_defined) continue;
    parts.added.push_back(
        {.text = (*tokens)[id], .id = static_cast<TokenId>(id), .special = type != gguf_user_defined});
  }
}

}  // namespace

std::shared_ptr<const Tokenizer> Tokenizer::from_gguf(const files::GgufFile& file) {
  BpeParts parts;
  parts.where = file.path().string();
  const std::string& model =
      string_of(file, "tokenizer.ggml.model", "it is not a language model, choose another file.");
  if (model != "gpt2")
    fail(Code::unsupported, parts.where, " has a tokenizer of the kind \"", shown(model),
         "\"; only byte-level BPE (\"gpt2\") can be used yet, choose another model.");
  const std::string& pre = string_of(file, "tokenizer.ggml.pre", "convert the model again with a current converter.");
  parts.pre_tokenizer = PreTokenizer::named(pre, parts.where);
  parts.ignore_merges = parts.pre_tokenizer.ignores_merges();
  parts.normalizer = parts.pre_tokenizer.normalizer();

  take_tokens(file, parts);
  const std::vector<std::string>* merges = file.get_strings("tokenizer.ggml.merges");
  if (merges == nullptr) fail(Code::corrupt, parts.where, " has no tokenizer.ggml.merges; fetch the model again.");
  if (merges->size() > max_merges)
    fail(Code::corrupt, parts.where, " has ", merges->size(), " merges, more than ", max_merges,
         "; the file is damaged, fetch it again.");
  parts.merges.reserve(merges->size());
  for (std::size_t rank = 0; rank < merges->size(); ++rank)
    parts.merges.push_back(split_merge((*merges)[rank], rank, parts.where));

  parts.bos = id_of(file, "tokenizer.ggml.bos_token_id", parts.tokens.size());
  parts.eos = id_of(file, "tokenizer.ggml.eos_token_id", parts.tokens.size());
  for (const char* key : {"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"})
    if (const TokenId id = id_of(file, key, parts.tokens.size()); id >= 0) parts.more_stop_tokens.push_back(id);
  const bool* adds_bos = file.get_bool("tokenizer.ggml.add_bos_token");
  parts.adds_bos = adds_bos != nullptr ? *adds_bos : parts.pre_tokenizer.adds_bos();
  if (const std::string* chat_template = file.get_string("tokenizer.chat_template"))
    parts.chat_template = *chat_template;
  return std::make_shared<const ByteLevelBpe>(std::move(parts));
}

}  // namespace pmtune::text
