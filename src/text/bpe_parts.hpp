#pragma once

#include <string>
#include <utility>
#include <vector>

#include "text/added_tokens.hpp"
#include "text/normalizer.hpp"
#include "text/pre_tokenizer.hpp"
#include "text/token_decoding.hpp"
#include "text/tokenizer.hpp"

namespace pmtune::text {

// What merging starts from.
enum class Alphabet {
  bytes,       // GPT-2, Llama 3, Qwen: tokens are written in GPT-2's alphabet
  characters,  // Llama 2, Phi-3, Gemma: tokens are written as they are, with U+2581 for a space
};

// What a file says about a BPE tokenizer, before it is checked.
struct BpeParts {
  std::string where;                // the file, for messages
  std::vector<std::string> tokens;  // by id; added tokens as they are. Empty ones encode nothing
  std::vector<AddedToken> added;
  std::vector<std::pair<std::string, std::string>> merges;  // by rank
  std::vector<double> scores;  // by id, in place of merges: any two tokens join to a third, the highest score first
  Alphabet alphabet = Alphabet::bytes;
  bool byte_fallback = false;  // a character without a token is spelled in tokens such as "<0xE2>"
  TokenDecoding decoding;      // of characters
  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  bool ignore_merges = false;  // a word that is a token is taken as it is
  TokenId unknown = -1;        // stands for what has no token; -1: it is dropped
  bool fuse_unknown = false;
  TokenId bos = -1;
  TokenId eos = -1;
  bool adds_bos = false;
  std::vector<TokenId> more_stop_tokens;
  std::string chat_template;
};

}  // namespace pmtune::text
