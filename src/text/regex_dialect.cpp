#include "text/regex_dialect.hpp"

#include "base/fail.hpp"
#include "text/limits.hpp"
#include "text/unicode_additions.hpp"

namespace pmtune::text {
namespace {

// Unicode's White_Space. PCRE2's \s also has U+180E, which left that set in Unicode 6.3.
constexpr std::string_view white_space =
    R"(\t-\r \x{85}\x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000})";

std::string_view additions_of(std::string_view category) {
  for (const CategoryAddition& addition : unicode_additions)
    if (addition.category == category) return addition.ranges;
  return {};
}

class Translator {
 public:
  Translator(std::string_view pattern, std::string_view where) : pattern_(pattern), where_(where) {}

  std::string translate() {
    if (pattern_.size() > max_pattern_bytes)
      fail(Code::corrupt, "The pre-tokenizer pattern of ", where_, " has ", pattern_.size(), " bytes, more than ",
           max_pattern_bytes, "; fetch the model again.");
    while (at_ < pattern_.size()) step();
    if (in_class_) cut_off();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = pattern_[at_];
    if (c == '\\') return escape();
    if (in_class_) {
      class_character(c);
    } else if (c == '[') {
      open_class();
    } else {
      out_ += c;
      ++at_;
    }
  }

  void open_class() {
    in_class_ = true;
    out_ += pattern_[at_++];
    if (at_ < pattern_.size() && pattern_[at_] == '^') out_ += pattern_[at_++];
    if (at_ < pattern_.size() && pattern_[at_] == ']') out_ += pattern_[at_++];  // a literal ] when it comes first
  }

  void class_character(char c) {
    const std::string_view rest = pattern_.substr(at_);
    if (rest.starts_with("[:")) {
      const std::size_t end = rest.find(":]");
      if (end == std::string_view::npos) cut_off();
      out_ += rest.substr(0, end + 2);
      at_ += end + 2;
      return;
    }
    if (rest.starts_with("[^")) not_yet("a negated character class inside a character class");
    if (rest.starts_with("&&")) not_yet("an intersection (&&) of character classes");
    if (c == '[' || (c == ']' && inner_classes_ > 0)) {  // what an inner class holds belongs to the outer one
      inner_classes_ += c == '[' ? 1 : -1;
      ++at_;
      return;
    }
    if (c == ']') in_class_ = false;
    out_ += c;
    ++at_;
  }

  void escape() {
    if (at_ + 1 >= pattern_.size()) cut_off();
    const char letter = pattern_[at_ + 1];
    switch (letter) {
      case 's': return replace(2, white_space, false);
      case 'S':
        if (!in_class_) return replace(2, white_space, true);
        return keep(2);
      case 'd': return replace(2, category_with_additions("\\d", "Nd"), false);
      case 'p':
      case 'P': return property(letter == 'P');
      case 'h':
      case 'H': not_yet("\\h");
      default: return keep(2);
    }
  }

  void property(bool negated) {
    const std::size_t open = at_ + 2;
    if (open >= pattern_.size() || pattern_[open] != '{') return keep(2);
    const std::size_t close = pattern_.find('}', open);
    if (close == std::string_view::npos) cut_off();
    const std::string_view category = pattern_.substr(open + 1, close - open - 1);
    const std::size_t size = close + 1 - at_;
    if (additions_of(category).empty() || (negated && in_class_)) return keep(size);
    replace(size, category_with_additions(concat("\\p{", category, "}"), category), negated);
  }

  static std::string category_with_additions(std::string_view known, std::string_view category) {
    return concat(known, additions_of(category));
  }

  // Puts class content in place of an escape of `size` bytes, with brackets where there is no class yet.
  void replace(std::size_t size, std::string_view content, bool negated) {
    if (in_class_) {
      out_ += content;
    } else {
      out_ += negated ? "[^" : "[";
      out_ += content;
      out_ += ']';
    }
    at_ += size;
  }

  void keep(std::size_t size) {
    out_ += pattern_.substr(at_, size);
    at_ += size;
  }

  [[noreturn]] void cut_off() const {
    fail(Code::corrupt, "The pre-tokenizer pattern of ", where_, " ends in the middle; fetch the model again.");
  }
  [[noreturn]] void not_yet(std::string_view what) const {
    fail(Code::unsupported, "The pre-tokenizer pattern of ", where_, " uses ", what,
         ", which this build cannot match; choose another model.");
  }

  std::string_view pattern_;
  std::string_view where_;
  std::size_t at_ = 0;
  bool in_class_ = false;
  int inner_classes_ = 0;
  std::string out_;
};

}  // namespace

std::string translate_pattern(std::string_view pattern, std::string_view where) {
  return Translator(pattern, where).translate();
}

}  // namespace pmtune::text
