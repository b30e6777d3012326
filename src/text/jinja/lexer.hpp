// Cuts a template into tokens, with Jinja's whitespace control (trim_blocks and lstrip_blocks on, as Hugging Face has
// it).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pmtune::text::jinja {

struct Token {
  enum class Type { data, output_begin, output_end, block_begin, block_end, name, text, integer, real, op, end };
  Type type = Type::end;
  std::string value;  // data, name, op; the decoded text of a string
  std::int64_t integer = 0;
  double real = 0;
  int line = 1;
  int column = 1;

  bool is_op(std::string_view op) const { return type == Type::op && value == op; }
  bool is_name(std::string_view name) const { return type == Type::name && value == name; }
};

// The last token is of type end. Throws corrupt with line and column.
std::vector<Token> tokenize(std::string_view source);

[[noreturn]] void syntax_error(int line, int column, std::string_view what);

}  // namespace pmtune::text::jinja
