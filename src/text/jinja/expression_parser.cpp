#include "text/jinja/expression_parser.hpp"

#include <algorithm>

#include "base/fail.hpp"

namespace pmtune::text::jinja {
namespace {

using Type = Token::Type;

}  // namespace

ExprPtr ExpressionParser::make(Expr::Node node, int line) {
  const int depth = 1 + deepest_child(node);
  if (depth > max_nesting)
    stream_.error(concat("an expression nests deeper than the limit of ", max_nesting, " levels"));
  return std::make_unique<const Expr>(Expr{std::move(node), line, depth});
}

ExprPtr ExpressionParser::expression() {
  const TokenStream::Nested nested(stream_);
  const int line = stream_.current().line;
  ExprPtr value = logic_or();
  while (stream_.skip_name("if")) {
    ExprPtr condition = logic_or();
    ExprPtr otherwise = stream_.skip_name("else") ? expression() : nullptr;
    value = make(Conditional{std::move(condition), std::move(value), std::move(otherwise)}, line);
  }
  return value;
}

ExprPtr ExpressionParser::logic_or() {
  const int line = stream_.current().line;
  ExprPtr left = logic_and();
  while (stream_.skip_name("or")) left = make(Logic{false, std::move(left), logic_and()}, line);
  return left;
}

ExprPtr ExpressionParser::logic_and() {
  const int line = stream_.current().line;
  ExprPtr left = logic_not();
  while (stream_.skip_name("and")) left = make(Logic{true, std::move(left), logic_not()}, line);
  return left;
}

ExprPtr ExpressionParser::logic_not() {
  const int line = stream_.current().line;
  if (!stream_.skip_name("not")) return comparison();
  const TokenStream::Nested nested(stream_);
  return make(Not{logic_not()}, line);
}

std::optional<CompareOp> ExpressionParser::compare_op() {
  constexpr std::pair<std::string_view, CompareOp> known[] = {
      {"==", CompareOp::equal},      {"!=", CompareOp::not_equal}, {"<", CompareOp::less},
      {"<=", CompareOp::less_equal}, {">", CompareOp::greater},    {">=", CompareOp::greater_equal}};
  for (const auto& [text, op] : known)
    if (stream_.skip_op(text)) return op;
  if (stream_.skip_name("in")) return CompareOp::in;
  if (stream_.current().is_name("not") && stream_.after().is_name("in")) {
    stream_.take();
    stream_.take();
    return CompareOp::not_in;
  }
  return std::nullopt;
}

ExprPtr ExpressionParser::comparison() {
  const int line = stream_.current().line;
  ExprPtr first = sum();
  std::vector<std::pair<CompareOp, ExprPtr>> rest;
  while (const std::optional<CompareOp> op = compare_op()) rest.emplace_back(*op, sum());
  if (rest.empty()) return first;
  return make(Compare{std::move(first), std::move(rest)}, line);
}

ExprPtr ExpressionParser::sum() {
  const int line = stream_.current().line;
  ExprPtr left = concatenation();
  for (;;) {
    if (stream_.skip_op("+")) {
      left = make(Binary{BinaryOp::add, std::move(left), concatenation()}, line);
    } else if (stream_.skip_op("-")) {
      left = make(Binary{BinaryOp::subtract, std::move(left), concatenation()}, line);
    } else {
      return left;
    }
  }
}

ExprPtr ExpressionParser::concatenation() {
  const int line = stream_.current().line;
  std::vector<ExprPtr> parts;
  parts.push_back(product());
  while (stream_.skip_op("~")) parts.push_back(product());
  if (parts.size() == 1) return std::move(parts.front());
  return make(Concat{std::move(parts)}, line);
}

ExprPtr ExpressionParser::product() {
  constexpr std::pair<std::string_view, BinaryOp> known[] = {
      {"*", BinaryOp::multiply}, {"/", BinaryOp::divide}, {"//", BinaryOp::floor_divide}, {"%", BinaryOp::modulo}};
  const int line = stream_.current().line;
  ExprPtr left = power();
  for (;;) {
    const auto* found = std::find_if(std::begin(known), std::end(known),
                                     [&](const auto& candidate) { return stream_.current().is_op(candidate.first); });
    if (found == std::end(known)) return left;
    stream_.take();
    left = make(Binary{found->second, std::move(left), power()}, line);
  }
}

ExprPtr ExpressionParser::power() {
  const int line = stream_.current().line;
  ExprPtr left = unary(true);
  while (stream_.skip_op("**")) left = make(Binary{BinaryOp::power, std::move(left), unary(true)}, line);
  return left;
}

ExprPtr ExpressionParser::unary(bool with_filters) {
  const TokenStream::Nested nested(stream_);
  const int line = stream_.current().line;
  ExprPtr value;
  if (stream_.skip_op("-")) {
    value = make(Sign{true, unary(false)}, line);
  } else if (stream_.skip_op("+")) {
    value = make(Sign{false, unary(false)}, line);
  } else {
    value = primary();
  }
  value = postfix(std::move(value));
  return with_filters ? filters_and_tests(std::move(value)) : std::move(value);
}

ExprPtr ExpressionParser::primary() {
  const Token& token = stream_.current();
  switch (token.type) {
    case Type::name: return constant_or_name();
    case Type::text: return strings();
    case Type::integer: stream_.take(); return make(Literal{Value(token.integer)}, token.line);
    case Type::real: stream_.take(); return make(Literal{Value(token.real)}, token.line);
    default: break;
  }
  if (token.is_op("(")) return parenthesized();
  if (token.is_op("[")) return list();
  if (token.is_op("{")) return dict();
  stream_.error("a value is expected here");
}

ExprPtr ExpressionParser::constant_or_name() {
  const Token& token = stream_.take();
  if (token.value == "true" || token.value == "True") return make(Literal{Value(true)}, token.line);
  if (token.value == "false" || token.value == "False") return make(Literal{Value(false)}, token.line);
  if (token.value == "none" || token.value == "None") return make(Literal{Value(None{})}, token.line);
  return make(Name{token.value}, token.line);
}

ExprPtr ExpressionParser::strings() {
  const int line = stream_.current().line;
  std::string joined;  // neighbours are one string, as in Python
  while (stream_.current().type == Type::text) joined += stream_.take().value;
  return make(Literal{Value::text(std::move(joined))}, line);
}

ExprPtr ExpressionParser::parenthesized() {
  const int line = stream_.take().line;
  if (stream_.skip_op(")")) return make(ListLiteral{List::Kind::tuple, {}}, line);
  ExprPtr value = tuple();
  stream_.expect_op(")");
  return value;
}

ExprPtr ExpressionParser::list() {
  const int line = stream_.take().line;
  std::vector<ExprPtr> items;
  while (!stream_.skip_op("]")) {
    if (!items.empty()) {
      stream_.expect_op(",");
      if (stream_.skip_op("]")) break;
    }
    items.push_back(expression());
  }
  return make(ListLiteral{List::Kind::list, std::move(items)}, line);
}

ExprPtr ExpressionParser::dict() {
  const int line = stream_.take().line;
  std::vector<std::pair<ExprPtr, ExprPtr>> entries;
  while (!stream_.skip_op("}")) {
    if (!entries.empty()) {
      stream_.expect_op(",");
      if (stream_.skip_op("}")) break;
    }
    ExprPtr key = expression();
    stream_.expect_op(":");
    entries.emplace_back(std::move(key), expression());
  }
  return make(DictLiteral{std::move(entries)}, line);
}

bool ExpressionParser::at_tuple_end() const {
  const Token& token = stream_.current();
  return token.type == Type::output_end || token.type == Type::block_end || token.is_op(")");
}

ExprPtr ExpressionParser::tuple(bool with_conditional) {
  const int line = stream_.current().line;
  std::vector<ExprPtr> items;
  bool has_comma = false;
  while (!at_tuple_end()) {
    items.push_back(with_conditional ? expression() : without_conditional());
    if (!stream_.skip_op(",")) break;
    has_comma = true;
  }
  if (has_comma) return make(ListLiteral{List::Kind::tuple, std::move(items)}, line);
  if (items.empty()) stream_.error("a value is expected here");
  return std::move(items.front());
}

ExprPtr ExpressionParser::postfix(ExprPtr object) {
  for (;;) {
    const int line = stream_.current().line;
    if (stream_.skip_op(".")) {
      object = dotted(std::move(object));
    } else if (stream_.skip_op("[")) {
      object = subscript(std::move(object));
    } else if (stream_.current().is_op("(")) {
      object = make(Call{std::move(object), call_arguments()}, line);
    } else {
      return object;
    }
  }
}

ExprPtr ExpressionParser::dotted(ExprPtr object) {
  const Token& token = stream_.take();
  if (token.type == Type::name) return make(Attribute{std::move(object), token.value}, token.line);
  if (token.type != Type::integer) stream_.error("a name is expected after the dot");
  ExprPtr key = make(Literal{Value(token.integer)}, token.line);
  return make(Index{std::move(object), std::move(key)}, token.line);
}

ExprPtr ExpressionParser::subscript(ExprPtr object) {
  const int line = stream_.current().line;
  const auto bound = [&]() -> ExprPtr {
    if (stream_.current().is_op(":") || stream_.current().is_op("]")) return nullptr;
    return expression();
  };
  ExprPtr first = bound();
  if (!stream_.skip_op(":")) {
    if (first == nullptr) stream_.error("an index is expected here");
    if (stream_.current().is_op(",")) stream_.error("an index of several values cannot be used");
    stream_.expect_op("]");
    return make(Index{std::move(object), std::move(first)}, line);
  }
  ExprPtr stop = bound();
  ExprPtr step = stream_.skip_op(":") ? bound() : nullptr;
  stream_.expect_op("]");
  return make(Slice{std::move(object), std::move(first), std::move(stop), std::move(step)}, line);
}

CallArguments ExpressionParser::call_arguments() {
  const TokenStream::Nested nested(stream_);
  CallArguments arguments;
  stream_.expect_op("(");
  bool first = true;
  while (!stream_.skip_op(")")) {
    if (!first) {
      stream_.expect_op(",");
      if (stream_.skip_op(")")) break;
    }
    first = false;
    if (stream_.current().is_op("*") || stream_.current().is_op("**"))
      fail(Code::unsupported, "Line ", stream_.current().line,
           " of the chat template passes arguments with *, which this build does not know; use a model with another "
           "template.");
    if (stream_.current().type == Type::name && stream_.after().is_op("=")) {
      std::string name = stream_.take().value;
      stream_.take();
      arguments.named.emplace_back(std::move(name), expression());
    } else {
      if (!arguments.named.empty()) stream_.error("an argument without a name stands behind one with a name");
      arguments.positional.push_back(expression());
    }
  }
  return arguments;
}

ExprPtr ExpressionParser::filters_and_tests(ExprPtr input) {
  for (;;) {
    const int line = stream_.current().line;
    if (stream_.skip_op("|")) {
      input = make(Filter{std::move(input), filter_call()}, line);
    } else if (stream_.skip_name("is")) {
      input = test(std::move(input));
    } else if (stream_.current().is_op("(")) {  // the result of a filter may be called
      input = make(Call{std::move(input), call_arguments()}, line);
    } else {
      return input;
    }
  }
}

std::string ExpressionParser::dotted_name() {
  std::string name = stream_.expect_name("the name of a filter or test");
  while (stream_.skip_op(".")) name += "." + stream_.expect_name("a name");
  return name;
}

FilterCall ExpressionParser::filter_call() {
  FilterCall call;
  call.line = stream_.current().line;
  call.name = dotted_name();
  if (stream_.current().is_op("(")) call.arguments = call_arguments();
  return call;
}

std::vector<FilterCall> ExpressionParser::filters(bool first_without_bar) {
  std::vector<FilterCall> calls;
  if (first_without_bar) calls.push_back(filter_call());
  while (stream_.skip_op("|")) calls.push_back(filter_call());
  return calls;
}

ExprPtr ExpressionParser::test(ExprPtr input) {
  Test test;
  const int line = stream_.current().line;
  test.negated = stream_.skip_name("not");
  test.name = dotted_name();
  test.input = std::move(input);
  const Token& next = stream_.current();
  // One argument may follow without parentheses: "x is divisibleby 3".
  const bool is_value =
      next.type == Type::text || next.type == Type::integer || next.type == Type::real || next.is_op("[") ||
      next.is_op("{") ||
      (next.type == Type::name && !next.is_name("else") && !next.is_name("or") && !next.is_name("and"));
  if (next.is_op("(")) {
    test.arguments = call_arguments();
  } else if (is_value) {
    if (next.is_name("is")) stream_.error("tests cannot be chained with is");
    test.arguments.positional.push_back(postfix(primary()));
  }
  return make(std::move(test), line);
}

Target ExpressionParser::single_target(bool with_attributes) {
  Target target;
  if (stream_.skip_op("(")) {
    target = this->target(with_attributes);
    stream_.expect_op(")");
    return target;
  }
  target.name = stream_.expect_name("the name of a variable");
  if (with_attributes && stream_.skip_op(".")) target.attribute = stream_.expect_name("the name of an attribute");
  return target;
}

Target ExpressionParser::target(bool with_attributes) {
  const TokenStream::Nested nested(stream_);
  Target first = single_target(with_attributes);
  if (!stream_.current().is_op(",")) return first;
  Target several;
  several.parts.push_back(std::move(first));
  while (stream_.skip_op(",")) {
    if (stream_.current().is_name("in") || stream_.current().is_op("=") || stream_.current().is_op(")")) break;
    several.parts.push_back(single_target(with_attributes));
  }
  return several;
}

}  // namespace pmtune::text::jinja
