// Reads a Hugging Face tokenizer.json.
#pragma once

#include <string>

#include "base/json.hpp"
#include "text/bpe_parts.hpp"

namespace pmtune::text {

// The member, or nullptr when it is absent or null.
const Json* member(const Json& object, const char* key);

// The member as true or false; `otherwise` when it is absent. Throws corrupt when it is something else.
bool flag(const Json& object, const char* key, bool otherwise, const std::string& where);

// The id of a token by its text. Throws corrupt when there is none; what: what names it, for the message.
TokenId find_token(const BpeParts& parts, const std::string& text, const char* what);

struct TokenizerJson {
  BpeParts parts;           // without what tokenizer_config.json says
  std::string first_token;  // a special token that is put before every text; empty when there is none
};

// where: the file, for messages. Throws corrupt, or unsupported for a part that is not known, naming it.
TokenizerJson read_tokenizer_json(const Json& root, const std::string& where);

}  // namespace pmtune::text
