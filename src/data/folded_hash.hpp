// A hash of texts in which runs of white space count as one space. Strong enough to compare one person's examples.
#pragma once

#include <cstdint>
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

}  // namespace pmtune::data
