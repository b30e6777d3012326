// The bodies of POST /v1/completions, /v1/embeddings and /v1/feedback, checked.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "serve/sampling.hpp"

namespace pmtune::serve {

// A text, or the tokens of one.
using TextOrTokens = std::variant<std::string, std::vector<std::int32_t>>;

struct CompletionRequest {
  std::string model;
  std::vector<TextOrTokens> prompts;  // each has its answers
  bool echo = false;                  // the prompt before the answer
  Sampling sampling;
};
CompletionRequest read_completion_request(const Json& body);

struct EmbeddingRequest {
  std::string model;
  std::vector<TextOrTokens> inputs;
  std::int64_t dimensions = 0;  // 0: all
  bool base64 = false;          // little-endian f32
};
EmbeddingRequest read_embedding_request(const Json& body);

struct FeedbackRequest {
  std::string id;           // of the answer
  std::int64_t rating = 0;  // 1 to 5; 0: none ("down" is 1, "up" is 5)
  std::string correction;   // empty: none
  std::string author;
};
FeedbackRequest read_feedback_request(const Json& body);

}  // namespace pmtune::serve
