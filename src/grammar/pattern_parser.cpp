#include "grammar/pattern_parser.hpp"

#include <cstring>

#include "base/fail.hpp"
#include "base/utf8.hpp"
#include "grammar/json_text.hpp"
#include "grammar/limits.hpp"
#include "grammar/pattern_sets.hpp"
#include "grammar/refusal.hpp"

namespace pmtune::grammar {
namespace {

using Kind = PatternNode::Kind;

[[noreturn]] void malformed(std::string_view what) {
  throw Refusal{Code::invalid_argument, concat("has a pattern that is no regular expression: ", what)};
}
[[noreturn]] void beyond(std::string_view what) {
  throw Refusal{Code::unsupported, concat("has a pattern with ", what, ", which is not supported; write it without")};
}

class PatternParser {
 public:
  explicit PatternParser(std::string_view text) : text_(text) {}

  PatternNode run() {
    PatternNode root = alternatives();
    if (at_ < text_.size()) malformed("a closing parenthesis has no opening one");
    return root;
  }

 private:
  bool ends() const { return at_ == text_.size(); }
  bool next_is(char letter) const { return !ends() && text_[at_] == letter; }
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  PatternNode alternatives() {
    if (++depth_ > max_pattern_depth) beyond("too many groups within each other");
    PatternNode result;
    result.kind = Kind::alternatives;
    do result.parts.push_back(sequence());
    while (take("|"));
    --depth_;
    return result;
  }

  PatternNode sequence() {
    PatternNode result;
    while (!ends() && !next_is('|') && !next_is(')')) {
      PatternNode part = atom();
      if (part.kind != Kind::begin && part.kind != Kind::end) part = repeated(std::move(part));
      result.parts.push_back(std::move(part));
    }
    return result;
  }

  PatternNode atom() {
    if (take("(")) return group();
    if (take("[")) return set(bracket());
    if (take("^")) return of_kind(Kind::begin);
    if (take("$")) return of_kind(Kind::end);
    if (take(".")) return set(any_but_line_ends());
    if (take("\\")) return set(escape());
    if (std::strchr("*+?{", text_[at_]) != nullptr) malformed("a repetition has nothing to repeat");
    const std::uint32_t code = next_code_point(text_, at_);
    return set({{code, code}});
  }

  static PatternNode of_kind(Kind kind) {
    PatternNode result;
    result.kind = kind;
    return result;
  }
  static PatternNode set(Ranges ranges) {
    PatternNode result = of_kind(Kind::set);
    result.ranges = united(std::move(ranges));
    return result;
  }

  PatternNode group() {
    if (take("?")) {
      const bool named =
          take("P<") || (!text_.substr(at_).starts_with("<=") && !text_.substr(at_).starts_with("<!") && take("<"));
      if (named) {
        while (!ends() && !next_is('>')) ++at_;
        if (!take(">")) malformed("the name of a group does not end");
      } else if (!take(":")) {
        beyond(next_is('=') || next_is('!') ? "a look-ahead" : next_is('<') ? "a look-behind" : "flags");
      }
    }
    PatternNode inside = alternatives();
    if (!take(")")) malformed("a parenthesis is not closed");
    return inside;
  }

  // --- repetition ---

  PatternNode repeated(PatternNode part) {
    std::uint32_t least = 0;
    std::uint32_t most = PatternNode::unlimited;
    if (take("*")) {
    } else if (take("+")) {
      least = 1;
    } else if (take("?")) {
      most = 1;
    } else if (take("{")) {
      counts(least, most);
    } else {
      return part;
    }
    take("?");  // lazy: which match is found changes, not whether there is one
    if (next_is('+')) beyond("a possessive repetition");
    if (next_is('*') || next_is('?') || next_is('{')) malformed("a repetition is repeated");
    PatternNode result = of_kind(Kind::repeat);
    result.parts.push_back(std::move(part));
    result.least = least;
    result.most = most;
    return result;
  }

  void counts(std::uint32_t& least, std::uint32_t& most) {
    least = number();
    most = least;
    if (take(",")) most = next_is('}') ? PatternNode::unlimited : number();
    if (!take("}")) malformed("a count such as {2,3} does not end");
    if (most < least) malformed("a count such as {2,3} ends before it begins");
  }

  std::uint32_t number() {
    std::uint32_t result = 0;
    if (ends() || text_[at_] < '0' || text_[at_] > '9') malformed("a brace { must begin a count, or be written \\{");
    for (; !ends() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      result = result * 10 + static_cast<std::uint32_t>(text_[at_] - '0');
      if (result > max_nfa_states) beyond("a count above 131072");
    }
    return result;
  }

  // --- characters ---

  // Behind a backslash.
  Ranges escape() {
    if (ends()) malformed("it ends with a backslash");
    const char letter = text_[at_];
    Ranges named = class_of_escape(letter);
    if (!named.empty()) {
      ++at_;
      return named;
    }
    const std::uint32_t code = escaped_character();
    return {{code, code}};
  }

  std::uint32_t escaped_character() {
    static constexpr std::string_view letters = "tnvfr0";
    static constexpr std::string_view meant = {"\t\n\v\f\r\0", 6};
    const char letter = text_[at_];
    const auto known = letters.find(letter);
    if (known != std::string_view::npos) {
      ++at_;
      if (letter == '0' && !ends() && text_[at_] >= '0' && text_[at_] <= '9') beyond("an octal escape");
      return static_cast<std::uint32_t>(meant[known]);
    }
    if (take("x")) return hexadecimal(2);
    if (take("u")) return take("{") ? braced_hexadecimal() : hexadecimal(4);
    if (letter == 'b' || letter == 'B') beyond("a word boundary (\\b)");
    if (letter == 'p' || letter == 'P') beyond("a Unicode property (\\p)");
    if (letter == 'k' || (letter >= '1' && letter <= '9')) beyond("a reference to a group");
    if ((letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')) beyond(concat("the escape \\", letter));
    return next_code_point(text_, at_);
  }

  std::uint32_t hexadecimal(std::size_t length) {
    std::uint32_t code = 0;
    for (std::size_t i = 0; i < length; ++i) code = code * 16 + hex_digit();
    if (code >= 0xD800 && code <= 0xDFFF) beyond("half of a surrogate pair; use \\u{...}");
    return code;
  }
  std::uint32_t braced_hexadecimal() {
    std::uint32_t code = 0;
    do {
      code = code * 16 + hex_digit();
      if (code > last_code_point) malformed("a character beyond Unicode");
    } while (!take("}"));
    return code;
  }
  std::uint32_t hex_digit() {
    static constexpr std::string_view digits = "0123456789abcdefABCDEF";
    const auto found = ends() ? std::string_view::npos : digits.find(text_[at_]);
    if (found == std::string_view::npos) malformed("hexadecimal digits are missing");
    ++at_;
    return static_cast<std::uint32_t>(found < 16 ? found : found - 6);
  }

  // Behind "[".
  Ranges bracket() {
    const bool negated = take("^");
    Ranges ranges;
    while (!take("]")) {
      if (ends()) malformed("a bracket [ is not closed");
      const Ranges low = member();
      const bool is_range = next_is('-') && at_ + 1 < text_.size() && text_[at_ + 1] != ']';
      if (!is_range) {
        ranges.insert(ranges.end(), low.begin(), low.end());
        continue;
      }
      ++at_;
      const Ranges high = member();
      const bool single =
          low.size() == 1 && high.size() == 1 && low[0].low == low[0].high && high[0].low == high[0].high;
      if (!single) malformed("a range within brackets has a class at one end");
      if (low[0].low > high[0].low) malformed("a range within brackets ends before it begins");
      ranges.push_back({low[0].low, high[0].low});
    }
    ranges = united(std::move(ranges));
    return negated ? complement(ranges) : ranges;
  }

  Ranges member() {
    if (take("\\b")) return {{'\b', '\b'}};
    if (take("\\-")) return {{'-', '-'}};
    if (take("\\")) return escape();
    const std::uint32_t code = next_code_point(text_, at_);
    return {{code, code}};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

PatternNode parse_pattern(std::string_view pattern) {
  if (pattern.size() > max_pattern_bytes)
    throw Refusal{Code::unsupported, concat("has a pattern of more than ", max_pattern_bytes, " bytes; shorten it")};
  return PatternParser(pattern).run();
}

}  // namespace pmtune::grammar
