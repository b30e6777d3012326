#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja/lexer.hpp"
#include "text/jinja/limits.hpp"

namespace pmtune::text::jinja {

// The tokens of a template, read from left to right by the two parsers.
class TokenStream {
 public:
  explicit TokenStream(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& current() const { return tokens_[at_]; }
  const Token& after() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  const Token& take() {
    const Token& taken = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;  // the end stays
    return taken;
  }

  bool skip_op(std::string_view op) { return skip(current().is_op(op)); }
  bool skip_name(std::string_view name) { return skip(current().is_name(name)); }
  void expect_op(std::string_view op);
  void expect(Token::Type type, std::string_view what);
  std::string expect_name(std::string_view what);
  [[noreturn]] void error(std::string_view what) const { syntax_error(current().line, current().column, what); }

  // Nesting of the source that is being parsed, bounded so that the parser cannot overflow its stack.
  class Nested {
   public:
    explicit Nested(TokenStream& stream) : stream_(stream) {
      if (++stream_.nesting_ > max_nesting) stream_.error("it nests deeper than the limit of 100 levels");
    }
    ~Nested() { --stream_.nesting_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    TokenStream& stream_;
  };

 private:
  bool skip(bool matches) {
    if (matches) take();
    return matches;
  }
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace pmtune::text::jinja
