// The names under which a question and its answer stand side by side, in the files that people have.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace pmtune::data {

inline constexpr std::array<const char*, 4> question_keys{"prompt", "instruction", "question", "query"};
inline constexpr std::array<const char*, 2> input_keys{"input", "context"};  // further material for the question
inline constexpr std::array<const char*, 4> answer_keys{"completion", "output", "answer", "response"};
inline constexpr std::array<const char*, 2> system_keys{"system", "system_prompt"};

// Whether it is one of these names.
bool is_pair_key(std::string_view key);

// nullptr for what a record does not have.
struct PairKeys {
  const char* question = nullptr;
  const char* input = nullptr;
  const char* answer = nullptr;
  const char* system = nullptr;
};

// Those that stand in the object. What must be there and is not gets the name that goes with the rest, so that it can
// be asked for. form: "prompt-completion", "instruction" or "question-answer".
PairKeys pair_keys_of(const Json& object, const std::string& form);

// The form that the keys of an object speak for; "" when they speak for none of the three.
std::string pair_form_of(const Json& object);

// The key that the title of a column stands for: " Prompt" is "prompt", "Ideal answer" is ""; also "tags" and
// "author".
std::string key_of_column(std::string_view title);

}  // namespace pmtune::data
