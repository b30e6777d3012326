// Expressions: what stands inside {{ }} and behind the keyword of a statement.
#pragma once

#include <optional>

#include "text/jinja/ast.hpp"
#include "text/jinja/token_stream.hpp"

namespace pmtune::text::jinja {

class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& stream) : stream_(stream) {}

  ExprPtr expression();                                 // with "a if b else c"
  ExprPtr without_conditional() { return logic_or(); }  // where "if" has another meaning
  // "a, b" makes a tuple.
  ExprPtr tuple(bool with_conditional = true);
  std::vector<FilterCall> filters(bool first_without_bar);  // "| trim | upper"
  Target target(bool with_attributes);
  CallArguments call_arguments();  // from "(" to ")"

 private:
  ExprPtr make(Expr::Node node, int line);
  ExprPtr logic_or();
  ExprPtr logic_and();
  ExprPtr logic_not();
  ExprPtr comparison();
  std::optional<CompareOp> compare_op();
  ExprPtr sum();
  ExprPtr concatenation();
  ExprPtr product();
  ExprPtr power();
  ExprPtr unary(bool with_filters);
  ExprPtr primary();
  ExprPtr constant_or_name();
  ExprPtr strings();
  ExprPtr parenthesized();
  ExprPtr list();
  ExprPtr dict();
  ExprPtr postfix(ExprPtr object);
  ExprPtr dotted(ExprPtr object);
  ExprPtr subscript(ExprPtr object);
  ExprPtr filters_and_tests(ExprPtr input);
  ExprPtr test(ExprPtr input);
  FilterCall filter_call();
  std::string dotted_name();
  bool at_tuple_end() const;
  Target single_target(bool with_attributes);

  TokenStream& stream_;
};

}  // namespace pmtune::text::jinja
