#include "text/join_filter.hpp"

#include <algorithm>
#include <bit>

#include "base/utf8.hpp"

namespace pmtune::text {

JoinFilter::JoinFilter(const std::vector<std::string>& tokens) {
  constexpr std::size_t least_bits = 1024, most_bits = std::size_t{1} << 21;  // 256 KiB stay in the cache
  std::size_t bytes = 0;
  for (const std::string& token : tokens) bytes += token.size();
  bits_.resize(std::clamp(std::bit_ceil(bytes * 4), least_bits, most_bits) / 64);
  for (const std::string& token : tokens) {
    if (token.empty()) continue;
    std::size_t at = 0;
    std::uint32_t left = next_code_point(token, at);
    while (at < token.size()) {
      const std::uint32_t right = next_code_point(token, at);
      const std::uint64_t bit = position(left, right);
      bits_[bit >> 6] |= std::uint64_t{1} << (bit & 63);
      left = right;
    }
  }
}

std::size_t JoinFilter::first_word(std::string_view text) const {
  if (bits_.empty()) return text.size();
  std::size_t at = 0;
  std::uint32_t left = next_code_point(text, at);
  while (at < text.size()) {
    const std::size_t boundary = at;
    const std::uint32_t right = next_code_point(text, at);
    if (!may_join(left, right)) return boundary;
    left = right;
  }
  return text.size();
}

}  // namespace pmtune::text
