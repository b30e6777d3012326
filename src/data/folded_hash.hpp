// A hash of texts in which runs of white space count as one space. Strong enough to compare one person's examples.
#pragma once

#include <cstdint>
#include <pmtune/dataset.hpp>
#include <string_view>

namespace pmtune::data {

class FoldedHash {
 public:
  FoldedHash& text(std::string_view text) {
    bool gap = false, begun = false;
    for (const char c : text) {
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        gap = true;
        continue;
      }
      if (gap && begun) byte(' ');
      gap = false;
      begun = true;
      byte(static_cast<unsigned char>(c));
    }
    byte(0x1F);  // the next text is another one
    return *this;
  }
  std::uint64_t value() const { return value_; }

 private:
  void byte(unsigned char c) { value_ = (value_ ^ c) * 0x100000001B3u; }  // FNV-1a
  std::uint64_t value_ = 0xCBF29CE484222325u;
};

// All but the last answer, with the system message; the answer may follow.
inline FoldedHash folded_context(const Example& example) {
  FoldedHash hash;
  for (std::size_t i = 0; i + 1 < example.messages.size(); ++i)
    hash.text(example.messages[i].role).text(example.messages[i].content);
  return hash;
}

// All but the last answer, and without the system message: the same question under another one is the same question.
inline std::uint64_t question_hash(const Example& example) {
  FoldedHash hash;
  for (std::size_t i = 0; i + 1 < example.messages.size(); ++i)
    if (example.messages[i].role != "system") hash.text(example.messages[i].role).text(example.messages[i].content);
  return hash.value();
}

}  // namespace pmtune::data
