// The accepted forms of an example, from JSON values to messages.
#pragma once

#include <pmtune/dataset.hpp>
#include <vector>

#include "base/json.hpp"
#include "data/pair_keys.hpp"

namespace pmtune::data {

// Each appends what is wrong with the shape of `object` (line: example.line); order and emptiness of the messages are
// checked elsewhere.
// key: "messages", or "conversations" in ShareGPT's form.
void parse_chat(const Json& object, const char* key, Example& example, std::vector<Problem>& problems);
void parse_pair(const Json& object, const PairKeys& keys, Example& example, std::vector<Problem>& problems);
void parse_tags(const Json& object, Example& example, std::vector<Problem>& problems);
void parse_author(const Json& object, Example& example, std::vector<Problem>& problems);

}  // namespace pmtune::data
