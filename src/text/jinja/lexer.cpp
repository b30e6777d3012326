#include "text/jinja/lexer.hpp"

#include <array>
#include <charconv>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "text/jinja/limits.hpp"
#include "text/jinja/string_literal.hpp"
#include "text/unicode.hpp"

namespace pmtune::text::jinja {
namespace {

using Type = Token::Type;

constexpr std::string_view operators[] = {"**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[",
                                          "]",  "(",  ")",  "{",  "}",  ">",  "<", "=", ".", ":", "|", ",", ";"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// Line ends become \n, and one at the very end is dropped.
std::string normalize_newlines(std::string_view source) {
  std::string text;
  text.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      text += source[i];
    } else {
      text += '\n';
      if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
    }
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

class Lexer {
 public:
  explicit Lexer(std::string source) : source_(std::move(source)) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) data_and_tag();
    add(Type::end, "", at_);
    return std::move(tokens_);
  }

 private:
  // --- positions ---
  Token make(Type type, std::string value, std::size_t at) {
    for (; located_ < at; ++located_) {
      if (source_[located_] == '\n') {
        ++line_;
        line_start_ = located_ + 1;
      }
    }
    Token token;
    token.type = type;
    token.value = std::move(value);
    token.line = line_;
    token.column = static_cast<int>(at - line_start_) + 1;
    return token;
  }
  void add(Type type, std::string value, std::size_t at) { tokens_.push_back(make(type, std::move(value), at)); }
  [[noreturn]] void error(std::size_t at, std::string_view what) {
    const Token token = make(Type::end, "", at);
    syntax_error(token.line, token.column, what);
  }

  char peek(std::size_t ahead = 0) const { return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0'; }
  bool looking_at(std::string_view text) const { return std::string_view(source_).substr(at_).starts_with(text); }

  // --- white space ---
  std::size_t skip_space(std::size_t at) const {
    while (at < source_.size()) {
      std::size_t next = at;
      if (!is_python_space(next_code_point(source_, next))) break;
      at = next;
    }
    return at;
  }
  static std::string_view strip_right(std::string_view text) {
    while (!text.empty()) {
      std::size_t start = text.size() - 1;
      while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
      std::size_t next = start;
      if (!is_python_space(next_code_point(text, next))) break;
      text = text.substr(0, start);
    }
    return text;
  }
  // lstrip_blocks: white space between the start of a line and a block is dropped.
  std::string_view strip_indent(std::string_view text) const {
    const std::size_t newline = text.rfind('\n');
    const std::size_t line = newline == std::string_view::npos ? 0 : newline + 1;
    if (line == 0 && !line_starting_) return text;
    return strip_right(text.substr(line)).empty() ? text.substr(0, line) : text;
  }

  void advance_to(std::size_t at) {
    if (at > at_) line_starting_ = source_[at - 1] == '\n';
    at_ = at;
  }

  // --- tags ---
  void data_and_tag() {
    const std::size_t start = at_;
    std::size_t open = source_.find('{', at_);
    while (open != std::string::npos &&
           (open + 1 >= source_.size() || std::string_view("%{#").find(source_[open + 1]) == std::string_view::npos))
      open = source_.find('{', open + 1);
    if (open == std::string::npos) {
      add(Type::data, source_.substr(start), start);
      return advance_to(source_.size());
    }
    const char kind = source_[open + 1];
    const char sign = open + 2 < source_.size() ? source_[open + 2] : '\0';
    std::string_view data = std::string_view(source_).substr(start, open - start);
    if (sign == '-') {
      data = strip_right(data);
    } else if (sign != '+' && kind != '{') {
      data = strip_indent(data);
    }
    if (!data.empty()) add(Type::data, std::string(data), start);
    advance_to(open + 2 + (sign == '-' || sign == '+' ? 1 : 0));
    if (kind == '#') return comment(open);
    if (kind == '%' && raw_block(open)) return;
    add(kind == '%' ? Type::block_begin : Type::output_begin, "", open);
    inside_tag(kind == '%');
  }

  void comment(std::size_t open) {
    const std::size_t close = source_.find("#}", at_);
    if (close == std::string::npos) error(open, "a comment {# is not closed with #}");
    const char sign = close > at_ ? source_[close - 1] : '\0';
    after_block_end(close + 2, sign);
  }

  // trim_blocks: the line end right behind a block is dropped.
  void after_block_end(std::size_t end, char sign) {
    if (sign == '-') return advance_to(skip_space(end));
    if (sign != '+' && end < source_.size() && source_[end] == '\n') ++end;
    advance_to(end);
  }

  // {% raw %} ... {% endraw %}: text taken as it stands.
  bool raw_block(std::size_t open) {
    std::size_t at = skip_space(at_);
    if (source_.compare(at, 3, "raw") != 0) return false;
    at = skip_space(at + 3);
    const bool strips = source_.compare(at, 1, "-") == 0;
    if (strips) ++at;
    if (source_.compare(at, 2, "%}") != 0) return false;
    advance_to(strips ? skip_space(at + 2) : at + 2);

    for (std::size_t tag = source_.find("{%", at_); tag != std::string::npos; tag = source_.find("{%", tag + 2)) {
      std::size_t word = tag + 2;
      const char sign = word < source_.size() ? source_[word] : '\0';
      if (sign == '-' || sign == '+') ++word;
      word = skip_space(word);
      if (source_.compare(word, 6, "endraw") != 0) continue;
      std::size_t end = skip_space(word + 6);
      const char end_sign = end < source_.size() ? source_[end] : '\0';
      if (end_sign == '-' || end_sign == '+') ++end;
      if (source_.compare(end, 2, "%}") != 0) continue;
      std::string_view data = std::string_view(source_).substr(at_, tag - at_);
      if (sign == '-') {
        data = strip_right(data);
      } else if (sign != '+') {
        data = strip_indent(data);
      }
      if (!data.empty()) add(Type::data, std::string(data), at_);
      after_block_end(end + 2, end_sign);
      return true;
    }
    error(open, "{% raw %} is not closed with {% endraw %}");
  }

  bool tag_end(bool is_block) {
    if (!open_brackets_.empty()) return false;
    const std::string_view close = is_block ? "%}" : "}}";
    char sign = peek();
    if (sign != '-' && !(sign == '+' && is_block)) sign = '\0';
    const std::size_t at = at_ + (sign == '\0' ? 0 : 1);
    if (source_.compare(at, 2, close) != 0) return false;
    add(is_block ? Type::block_end : Type::output_end, "", at);
    if (is_block) {
      after_block_end(at + 2, sign);
    } else {
      advance_to(sign == '-' ? skip_space(at + 2) : at + 2);
    }
    return true;
  }

  void inside_tag(bool is_block) {
    const std::size_t opened = at_;
    open_brackets_.clear();
    for (;;) {
      if (tag_end(is_block)) return;
      if (at_ >= source_.size())
        error(opened, is_block ? "a block {% is not closed with %}" : "an output {{ is not closed with }}");
      const std::size_t after_space = skip_space(at_);
      if (after_space != at_) {
        at_ = after_space;
      } else if (is_digit(peek())) {
        number();
      } else if (starts_name(peek())) {
        name();
      } else if (peek() == '"' || peek() == '\'') {
        string();
      } else {
        op();
      }
    }
  }

  void name() {
    const std::size_t start = at_;
    while (starts_name(peek()) || is_digit(peek())) ++at_;
    add(Type::name, source_.substr(start, at_ - start), start);
  }

  void string() {
    const std::size_t start = at_;
    const char quote = source_[at_++];
    while (peek() != quote) {
      if (at_ >= source_.size()) error(start, "a text is not closed with its quote");
      at_ += peek() == '\\' ? 2 : 1;
    }
    std::string decoded;
    if (!decode_string_literal(std::string_view(source_).substr(start + 1, at_ - start - 1), decoded))
      error(start, "a \\x, \\u or \\N escape in a text is malformed");
    ++at_;
    add(Type::text, std::move(decoded), start);
  }

  void digits(std::string& into) {
    while (is_digit(peek()) || (peek() == '_' && is_digit(peek(1)))) {
      if (peek() != '_') into += peek();
      ++at_;
    }
  }

  void number() {
    const std::size_t start = at_;
    std::string text;
    digits(text);
    bool is_real = false;
    // In "list.0.1" the parts are indices, not a fraction.
    const bool after_dot = start > 0 && source_[start - 1] == '.';
    if (!after_dot && peek() == '.' && is_digit(peek(1))) {
      is_real = true;
      text += '.';
      ++at_;
      digits(text);
    }
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if (!after_dot && (peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
      is_real = true;
      text += 'e';
      if (sign == 1) text += peek(1);
      at_ += 1 + sign;
      digits(text);
    }
    Token token = make(is_real ? Type::real : Type::integer, text, start);
    const char* end = text.data() + text.size();
    const auto result =
        is_real ? std::from_chars(text.data(), end, token.real) : std::from_chars(text.data(), end, token.integer);
    if (result.ec != std::errc() || result.ptr != end) error(start, "a number is too large");
    tokens_.push_back(std::move(token));
  }

  void op() {
    for (const std::string_view candidate : operators) {
      if (!looking_at(candidate)) continue;
      balance(candidate);
      add(Type::op, std::string(candidate), at_);
      at_ += candidate.size();
      return;
    }
    error(at_, "this character has no meaning inside a tag");
  }

  void balance(std::string_view bracket) {
    constexpr std::string_view opening = "([{";
    constexpr std::string_view closing = ")]}";
    if (const std::size_t kind = opening.find(bracket); bracket.size() == 1 && kind != std::string_view::npos) {
      open_brackets_ += closing[kind];
    } else if (bracket.size() == 1 && closing.find(bracket) != std::string_view::npos) {
      if (open_brackets_.empty() || open_brackets_.back() != bracket[0])
        error(at_, concat("the bracket ", bracket, " closes nothing"));
      open_brackets_.pop_back();
    }
  }

  std::string source_;
  std::size_t at_ = 0;
  bool line_starting_ = true;
  std::string open_brackets_;  // the closing ones that are awaited
  std::vector<Token> tokens_;
  std::size_t located_ = 0;  // line_ and line_start_ are those of this offset
  int line_ = 1;
  std::size_t line_start_ = 0;
};

}  // namespace

void syntax_error(int line, int column, std::string_view what) {
  fail(Code::corrupt, "The chat template is wrong at line ", line, ", column ", column, ": ", what,
       "; use a model with another template.");
}

std::vector<Token> tokenize(std::string_view source) {
  if (source.size() > max_source_bytes)
    fail(Code::corrupt, "The chat template has ", source.size(), " bytes, more than the limit of ", max_source_bytes,
         "; use a model with another template.");
  if (const std::size_t at = find_invalid_utf8(source); at != std::string_view::npos)
    fail(Code::corrupt, "The chat template is not valid UTF-8 at byte ", at, "; use a model with another template.");
  return Lexer(normalize_newlines(source)).run();
}

}  // namespace pmtune::text::jinja
