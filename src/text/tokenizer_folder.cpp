// A tokenizer from a Hugging Face folder: tokenizer.json, and tokenizer_config.json, generation_config.json and
// chat_template.jinja where they exist.
#include "base/atomic_file.hpp"
#include "base/fail.hpp"
#include "text/bpe_tokenizer.hpp"
#include "text/limits.hpp"
#include "text/shown.hpp"
#include "text/tokenizer_json.hpp"

namespace pmtune::text {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view fetch_again = "; fetch the model again.";

Json parse(const fs::path& path) {
  Json value = parse_json_or_throw(read_text_file(path, max_config_bytes), path.string());
  if (!value.is_object()) fail(Code::corrupt, path.string(), " is not a JSON object", fetch_again);
  return value;
}

// "<s>" or {"content": "<s>", ...}; empty when there is none.
std::string token_text(const Json& config, const char* key) {
  const Json* token = member(config, key);
  if (token != nullptr && token->is_object()) token = member(*token, "content");
  return token != nullptr && token->is_string() ? token->get<std::string>() : "";
}

// One template, or several by name, of which "default" is for conversations.
std::string template_text(const Json& value, const std::string& where) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_array())
    for (const Json& named : value)
      if (named.is_object() && token_text(named, "name") == "default") return token_text(named, "template");
  fail(Code::corrupt, "\"chat_template\" in ", where, " is neither a text nor a list with a \"default\"",
       fetch_again);
}

void read_config(const Json& config, const std::string& where, TokenizerJson& tokenizer) {
  BpeParts& parts = tokenizer.parts;
  const std::string bos = token_text(config, "bos_token");
  const std::string eos = token_text(config, "eos_token");
  if (!bos.empty()) parts.bos = find_token(parts, bos, "bos_token");
  if (!eos.empty()) parts.eos = find_token(parts, eos, "eos_token");
  parts.adds_bos = flag(config, "add_bos_token", !bos.empty() && tokenizer.first_token == bos, where);
  if (const Json* value = member(config, "chat_template")) parts.chat_template = template_text(*value, where);
}

// One id or several: the tokens that end an answer.
void read_generation_config(const Json& config, const std::string& where, BpeParts& parts) {
  const Json* ids = member(config, "eos_token_id");
  if (ids == nullptr) return;
  const auto take = [&](const Json& id) {
    if (!id.is_number_unsigned())
      fail(Code::corrupt, "eos_token_id in ", where, " is ", shown(id.dump()), ", which is no token", fetch_again);
    // Rows of a model that stand for no token are never chosen: as an end they are harmless.
    if (id.get<std::uint64_t>() < parts.tokens.size()) parts.more_stop_tokens.push_back(id.get<TokenId>());
  };
  if (!ids->is_array()) return take(*ids);
  for (const Json& id : *ids) take(id);
}

}  // namespace

std::shared_ptr<const Tokenizer> Tokenizer::from_folder(const fs::path& folder) {
  const fs::path file = folder / "tokenizer.json";
  TokenizerJson tokenizer = read_tokenizer_json(parse(file), file.string());
  if (const fs::path config = folder / "tokenizer_config.json"; fs::exists(config))
    read_config(parse(config), config.string(), tokenizer);
  if (const fs::path config = folder / "generation_config.json"; fs::exists(config))
    read_generation_config(parse(config), config.string(), tokenizer.parts);
  if (const fs::path chat_template = folder / "chat_template.jinja"; fs::exists(chat_template))
    tokenizer.parts.chat_template = read_text_file(chat_template, max_template_bytes);
  return std::make_shared<const BpeTokenizer>(std::move(tokenizer.parts));
}

}  // namespace pmtune::text
