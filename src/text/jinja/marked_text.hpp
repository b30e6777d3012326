// Text that knows which of its bytes a user wrote. Message contents enter a template marked; concatenation, slicing
// and trimming carry the marks along, so that in the end no user's "<|im_end|>" is taken for a control token.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/byte_range.hpp"

namespace pmtune::text::jinja {

class MarkedText {
 public:
  MarkedText() = default;
  static MarkedText trusted(std::string text);
  static MarkedText untrusted(std::string text);
  // For results whose bytes cannot be traced one by one: wholly marked when any source was.
  static MarkedText derived(std::string text, bool from_untrusted);

  const std::string& bytes() const { return bytes_; }
  std::string_view view() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  const std::vector<ByteRange>& untrusted_ranges() const { return untrusted_; }  // sorted, disjoint, none empty
  bool has_untrusted() const { return !untrusted_.empty(); }

  void append(std::string_view trusted) { bytes_ += trusted; }
  void append(const MarkedText& other) { append_slice(other, 0, other.size()); }
  void append_slice(const MarkedText& other, std::size_t begin, std::size_t end);
  MarkedText slice(std::size_t begin, std::size_t end) const;

 private:
  void mark(ByteRange range);
  std::string bytes_;
  std::vector<ByteRange> untrusted_;
};

}  // namespace pmtune::text::jinja
