// The accepted forms of an example, from JSON values to messages.
#pragma once

#include <pmtune/dataset.hpp>
#include <vector>

#include "base/json.hpp"

namespace pmtune::data {

// The names under which a question and its answer stand side by side.
struct PairKeys {
  const char* question;
  const char* input;  // further material for the question; nullptr when the form has none
  const char* answer;
};

// Each appends what is wrong with the shape of `object` (line: example.line); order and emptiness of the messages are
// checked elsewhere.
void parse_chat(const Json& object, Example& example, std::vector<Problem>& problems);
void parse_pair(const Json& object, const PairKeys& keys, Example& example, std::vector<Problem>& problems);
void parse_tags(const Json& object, Example& example, std::vector<Problem>& problems);

}  // namespace pmtune::data
