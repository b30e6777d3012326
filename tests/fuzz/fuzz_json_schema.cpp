#include "base/json.hpp"
#include "grammar/constraint.hpp"
#include "target.hpp"

using namespace pmtune;

namespace {

// All bytes, so that whatever a schema asks for can be spelt, and a few tokens that reach over ends of lexemes.
std::shared_ptr<const grammar::TokenTable> vocabulary() {
  std::vector<std::string> tokens;
  for (int byte = 0; byte < 256; ++byte) tokens.emplace_back(1, static_cast<char>(byte));
  for (const char* longer :
       {"", "\", \"", "\": ", "{\"", "\"}", "}]", "]}", "},\n  {", "abc", "12", "\xC3\xA4", "\\u00", "\",\""})
    tokens.emplace_back(longer);
  return std::make_shared<const grammar::TokenTable>(tokens);
}

bool has(std::span<const std::uint64_t> mask, std::size_t token) {
  return (mask[token / 64] >> (token % 64) & 1) != 0;
}

// The next token with a set bit, from `from` on and around.
std::size_t next_allowed(std::span<const std::uint64_t> mask, std::size_t from, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i)
    if (has(mask, (from + i) % size)) return (from + i) % size;
  return size;
}

// Writes answers by a sequence that depends on the schema alone.
void check_answer(const std::shared_ptr<const grammar::Grammar>& rules, std::uint32_t random) {
  static const auto table = vocabulary();
  const auto size = static_cast<std::size_t>(table->size());
  grammar::Constraint constraint(rules, table);
  std::string answer;
  for (int step = 0; step < 48 && !constraint.must_end(); ++step) {
    if (constraint.may_end()) fuzz::require(Json::accept(answer), "an answer that may end is JSON: " + answer);
    const auto mask = constraint.allowed();  // throws when there is no way on, which these tokens always have
    random = random * 1664525 + 1013904223;
    const std::size_t tried = (random >> 8) % size;
    fuzz::require(constraint.is_allowed(static_cast<std::int32_t>(tried)) == has(mask, tried),
                  "the mask says what trying a token says");
    const std::size_t token = next_allowed(mask, (random >> 16) % 3 == 0 ? '"' : tried, size);
    if (token == size) break;
    constraint.accept(static_cast<std::int32_t>(token));
    answer += table->bytes(static_cast<std::int32_t>(token));
  }
  if (constraint.may_end()) fuzz::require(Json::accept(answer), "an answer that may end is JSON: " + answer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::shared_ptr<const grammar::Grammar> rules;
  fuzz::accepted([&] { rules = grammar::Grammar::from_schema(fuzz::as_text(data, size)); });
  if (rules == nullptr) return 0;
  std::uint32_t random = 1;
  for (std::size_t i = 0; i < size; ++i) random = random * 31 + data[i];
  check_answer(rules, random);
  check_answer(rules, random + 1);
  return 0;
}
