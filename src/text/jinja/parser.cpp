#include "text/jinja/parser.hpp"

#include "base/fail.hpp"
#include "text/jinja/expression_parser.hpp"

namespace pmtune::text::jinja {
namespace {

using Type = Token::Type;

class StatementParser {
 public:
  explicit StatementParser(std::vector<Token> tokens) : stream_(std::move(tokens)), expressions_(stream_) {}

  Body whole() {
    Body body = statements({});
    if (stream_.current().type != Type::end) {
      stream_.take();  // {%
      stream_.error(concat("the block \"", stream_.current().value, "\" closes nothing"));
    }
    return body;
  }

 private:
  using EndWords = std::initializer_list<std::string_view>;

  // Up to one of the end words, which stays; or to the end of the template when there are none.
  Body statements(EndWords end_words) {
    const TokenStream::Nested nested(stream_);
    Body body;
    for (;;) {
      const Token& token = stream_.current();
      if (token.type == Type::end) return body;
      if (token.type == Type::data) {
        add(body, TextNode{token.value}, token.line);
        stream_.take();
      } else if (token.type == Type::output_begin) {
        stream_.take();
        add(body, Output{expressions_.tuple()}, token.line);
        stream_.expect(Type::output_end, "}}");
      } else {
        if (is_end_word(stream_.after(), end_words)) return body;
        stream_.take();
        statement(body);
      }
    }
  }

  static bool is_end_word(const Token& token, EndWords end_words) {
    for (const std::string_view word : end_words)
      if (token.is_name(word)) return true;
    return end_words.size() == 0 && token.type == Type::name &&
           (token.value.starts_with("end") || token.value == "else" || token.value == "elif");
  }

  static void add(Body& body, Stmt::Node node, int line) {
    body.push_back(std::make_unique<const Stmt>(Stmt{std::move(node), line}));
  }

  // The body of a block that ends with one of the words; returns the word. The tag of the word is opened, not closed.
  std::string body_until(Body& body, EndWords end_words) {
    close_tag();
    const Token opened = stream_.current();
    body = statements(end_words);
    if (stream_.current().type == Type::end)
      syntax_error(opened.line, opened.column,
                   concat("this block is not closed with {% ", *(end_words.end() - 1), " %}"));
    stream_.take();  // {%
    return stream_.take().value;
  }
  Body body_until_end(std::string_view word) {
    Body body;
    body_until(body, {word});
    close_tag();
    return body;
  }
  void close_tag() { stream_.expect(Type::block_end, "%}"); }

  void statement(Body& body) {
    const int line = stream_.current().line;
    const std::string word = stream_.expect_name("the name of a statement");
    if (word == "for") return add(body, for_loop(), line);
    if (word == "if") return add(body, if_chain(), line);
    if (word == "set") return add(body, set(), line);
    if (word == "macro") return add(body, macro(), line);
    if (word == "call") return add(body, call_block(), line);
    if (word == "with") return add(body, with(), line);
    if (word == "filter") return add(body, filter_block(), line);
    if (word == "generation") return add(body, Scoped{body_until_end("endgeneration")}, line);
    if (word == "break" || word == "continue") {
      if (loops_ == 0) stream_.error(concat("{% ", word, " %} stands outside of a loop"));
      close_tag();
      return word == "break" ? add(body, Break{}, line) : add(body, Continue{}, line);
    }
    if (word.starts_with("end") || word == "else" || word == "elif")
      stream_.error(concat("the block \"", word, "\" closes nothing"));
    fail(Code::unsupported, "Line ", line, " of the chat template uses the statement \"", word,
         "\", which this build does not know; use a model with another template.");
  }

  For for_loop() {
    For loop;
    loop.target = expressions_.target(false);
    if (!stream_.skip_name("in")) stream_.error("\"in\" is expected here");
    loop.iterable = expressions_.tuple(false);
    if (stream_.skip_name("if")) loop.condition = expressions_.expression();
    loop.recursive = stream_.skip_name("recursive");
    ++loops_;
    const std::string word = body_until(loop.body, {"else", "endfor"});
    --loops_;
    if (word == "else") {
      loop.otherwise = body_until_end("endfor");
    } else {
      close_tag();
    }
    return loop;
  }

  If if_chain() {
    If chain;
    for (;;) {
      ExprPtr condition = expressions_.tuple(false);
      Body body;
      const std::string word = body_until(body, {"elif", "else", "endif"});
      chain.branches.emplace_back(std::move(condition), std::move(body));
      if (word == "elif") continue;
      if (word == "else") {
        chain.otherwise = body_until_end("endif");
      } else {
        close_tag();
      }
      return chain;
    }
  }

  Stmt::Node set() {
    Target target = expressions_.target(true);
    if (stream_.skip_op("=")) {
      ExprPtr value = expressions_.tuple();
      close_tag();
      return Set{std::move(target), std::move(value)};
    }
    std::vector<FilterCall> filters = expressions_.filters(false);
    return SetBlock{std::move(target), std::move(filters), body_until_end("endset")};
  }

  Macro macro() {
    Macro made;
    made.name = stream_.expect_name("the name of the macro");
    stream_.expect_op("(");
    macro_parameters(made);
    macro_body(made, "endmacro");
    return made;
  }

  // Up to the closing parenthesis.
  void macro_parameters(Macro& made) {
    while (!stream_.skip_op(")")) {
      if (!made.parameters.empty()) stream_.expect_op(",");
      std::string name = stream_.expect_name("the name of a parameter");
      ExprPtr otherwise = stream_.skip_op("=") ? expressions_.expression() : nullptr;
      made.parameters.emplace_back(std::move(name), std::move(otherwise));
    }
  }

  void macro_body(Macro& made, std::string_view end_word) {
    const int outer_loops = std::exchange(loops_, 0);
    made.body = body_until_end(end_word);
    loops_ = outer_loops;
  }

  CallBlock call_block() {
    CallBlock made;
    made.caller.name = "caller";
    if (stream_.skip_op("(")) macro_parameters(made.caller);
    made.call = expressions_.expression();
    if (!std::holds_alternative<Call>(made.call->node)) stream_.error("a call of a macro is expected here");
    macro_body(made.caller, "endcall");
    return made;
  }

  With with() {
    With made;
    while (stream_.current().type != Type::block_end) {
      if (!made.variables.empty()) stream_.expect_op(",");
      Target target;
      target.name = stream_.expect_name("the name of a variable");
      stream_.expect_op("=");
      made.variables.emplace_back(std::move(target), expressions_.expression());
    }
    made.body = body_until_end("endwith");
    return made;
  }

  FilterBlock filter_block() {
    FilterBlock made;
    made.filters = expressions_.filters(true);
    made.body = body_until_end("endfilter");
    return made;
  }

  TokenStream stream_;
  ExpressionParser expressions_;
  int loops_ = 0;  // that enclose the statement
};

}  // namespace

Body parse(std::string_view source) { return StatementParser(tokenize(source)).whole(); }

}  // namespace pmtune::text::jinja
