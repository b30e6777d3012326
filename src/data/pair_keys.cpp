#include "data/pair_keys.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace pmtune::data {
namespace {

template <std::size_t n>
const char* first_present(const Json& object, const std::array<const char*, n>& keys) {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const char* key) { return object.contains(key); });
  return found == keys.end() ? nullptr : *found;
}

struct FormNames {
  const char* form;
  const char* question;
  const char* answer;
};
constexpr std::array<FormNames, 3> forms{{{"prompt-completion", "prompt", "completion"},
                                          {"instruction", "instruction", "output"},
                                          {"question-answer", "question", "answer"}}};

}  // namespace

bool is_pair_key(std::string_view key) {
  const auto is_in = [&](const auto& keys) { return std::find(keys.begin(), keys.end(), key) != keys.end(); };
  return is_in(question_keys) || is_in(input_keys) || is_in(answer_keys) || is_in(system_keys);
}

PairKeys pair_keys_of(const Json& object, const std::string& form) {
  const auto names = std::find_if(forms.begin(), forms.end(), [&](const FormNames& f) { return form == f.form; });
  PairKeys keys{first_present(object, question_keys), first_present(object, input_keys),
                first_present(object, answer_keys), first_present(object, system_keys)};
  if (!keys.answer) keys.answer = names->answer;
  if (!keys.question && keys.input) std::swap(keys.question, keys.input);  // {"input": ..., "output": ...}
  if (!keys.question) keys.question = names->question;
  return keys;
}

std::string pair_form_of(const Json& object) {
  // By the question; a record without one is known by its answer.
  const auto is_any = [&](std::initializer_list<const char*> keys) {
    return std::any_of(keys.begin(), keys.end(), [&](const char* key) { return object.contains(key); });
  };
  if (is_any({"instruction"})) return "instruction";
  if (is_any({"prompt", "query"})) return "prompt-completion";
  if (is_any({"question"})) return "question-answer";
  if (is_any({"output"})) return "instruction";
  if (is_any({"completion", "response"})) return "prompt-completion";
  return is_any({"answer"}) ? "question-answer" : "";
}

std::string key_of_column(std::string_view title) {
  std::string key = ascii_lower(trimmed(title));
  std::replace_if(
      key.begin(), key.end(), [](char c) { return c == ' ' || c == '-'; }, '_');
  if (key == "user") return "prompt";
  if (key == "assistant") return "completion";
  return is_pair_key(key) || key == "tags" || key == "author" ? key : "";
}

}  // namespace pmtune::data
