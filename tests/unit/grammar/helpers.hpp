#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <pmtune/error.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "grammar/constraint.hpp"

namespace grammar_tests {

using namespace pmtune;
using namespace pmtune::grammar;

// Token i is byte i; then tokens that reach over ends of lexemes, a control token, two tokens of equal bytes, and
// halves of characters.
inline const std::vector<std::string>& tokens() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> list;
    for (int byte = 0; byte < 256; ++byte) list.emplace_back(1, static_cast<char>(byte));
    for (const char* longer :
         {"",   "\", \"", "\":",      "\": ",     "{\"",      "\"}", "}]",      "},\n  {", "abc", "abcabc", "12",
          "-1", "abc",    "\xC3\xA4", "\xF0\x9F", "\x98\x80", "\\u", "\\ud83d", "true",    "]]]", "[[[",    "\"\""})
      list.emplace_back(longer);
    return list;
  }();
  return all;
}

inline std::shared_ptr<const TokenTable> table() {
  static const auto made = std::make_shared<const TokenTable>(tokens());
  return made;
}

inline Constraint started(std::string_view schema) { return {Grammar::from_schema(schema), table()}; }

inline bool has(std::span<const std::uint64_t> mask, std::int32_t token) {
  return (mask[static_cast<std::size_t>(token) / 64] >> (token % 64) & 1) != 0;
}

// Byte by byte; false where one may not come.
inline bool read(Constraint& constraint, std::string_view text) {
  for (const char letter : text) {
    const auto token = static_cast<std::int32_t>(static_cast<unsigned char>(letter));
    if (!constraint.is_allowed(token)) return false;
    constraint.accept(token);
  }
  return true;
}

// The whole text is an answer.
inline bool answers(Constraint constraint, std::string_view text) {
  return read(constraint, text) && constraint.may_end();
}
inline bool answers(std::string_view schema, std::string_view text) { return answers(started(schema), text); }

// The text may begin an answer.
inline bool begins(std::string_view schema, std::string_view text) {
  Constraint constraint = started(schema);
  return read(constraint, text);
}

inline std::string refusal(std::string_view schema, Code code) {
  try {
    Grammar::from_schema(schema);
  } catch (const Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  FAIL("a schema that should be refused is read: " << std::string(schema.substr(0, 200)));
  return {};
}

}  // namespace grammar_tests
