// Regular expressions that cannot hang the host: PCRE2 with limits on pattern, steps and memory. Suites come from
// files, and answers from models; neither is trusted.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace pmtune::eval {

class Pattern {
 public:
  // Unicode; options such as (?i), (?m), (?s) stand in the pattern itself. Throws invalid_argument saying what is
  // wrong with it and where.
  explicit Pattern(const std::string& text);

  enum class Match { yes, no, too_costly };
  Match search(const std::string& subject) const;  // anywhere in valid UTF-8

 private:
  struct Code;
  std::shared_ptr<const Code> code_;
};

}  // namespace pmtune::eval
