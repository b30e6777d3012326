// A regular expression of a pre-tokenizer, matched as the engine it was written for (Oniguruma, Unicode 16) would.
// PCRE2 does the work, with limits on time and memory, since the pattern may come from a hostile file.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/byte_range.hpp"

namespace pmtune::text {

class Regex {
 public:
  // where: the file or name that the pattern comes from, for messages. Throws corrupt for a malformed pattern,
  // unsupported for Oniguruma syntax that PCRE2 reads differently.
  Regex(std::string_view pattern, std::string_view where);

  // The pattern that matches exactly this text.
  static std::string escaped(std::string_view literal);

  // All matches in valid UTF-8, left to right; an empty match stands for a cut. Appends to `matches`.
  // Throws corrupt when the search passes its limits.
  void find_all(std::string_view text, std::vector<ByteRange>& matches) const;

  const std::string& pattern() const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace pmtune::text
