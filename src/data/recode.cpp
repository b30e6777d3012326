#include "data/recode.hpp"

#include <array>
#include <cstdint>
#include <memory>

#include "base/utf8.hpp"

namespace pmtune::data {
namespace {

using namespace std::string_view_literals;

struct Start {
  std::string_view bytes;
  WideEncoding encoding;
};

// In this order: the marks of UTF-32 begin with those of UTF-16.
constexpr std::array<Start, 12> starts{{{"\xFF\xFE\0\0"sv, {"UTF-32", 4, false}},
                                        {"\0\0\xFE\xFF"sv, {"UTF-32", 4, true}},
                                        {"{\0\0\0"sv, {"UTF-32", 4, false}},
                                        {"[\0\0\0"sv, {"UTF-32", 4, false}},
                                        {"\0\0\0{"sv, {"UTF-32", 4, true}},
                                        {"\0\0\0["sv, {"UTF-32", 4, true}},
                                        {"\xFF\xFE"sv, {"UTF-16", 2, false}},
                                        {"\xFE\xFF"sv, {"UTF-16", 2, true}},
                                        {"{\0"sv, {"UTF-16", 2, false}},
                                        {"[\0"sv, {"UTF-16", 2, false}},
                                        {"\0{"sv, {"UTF-16", 2, true}},
                                        {"\0["sv, {"UTF-16", 2, true}}}};

constexpr std::uint32_t replacement = 0xFFFD;

bool is_surrogate(std::uint32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

class WideReader {
 public:
  WideReader(ReadBytes wide, WideEncoding encoding) : buffer_(std::move(wide)), encoding_(encoding) {}

  std::size_t read(char* bytes, std::size_t room) {
    while (ready_.empty() && convert()) {
    }
    const std::size_t count = ready_.copy(bytes, room);
    ready_.erase(0, count);
    return count;
  }

 private:
  // A block's worth of characters; false at the end.
  bool convert() {
    buffer_.drop(used_);
    used_ = 0;
    const bool more = buffer_.grow();
    while (const std::size_t size = next_character(more)) used_ += size;
    if (!more && used_ < buffer_.rest().size()) {  // half a unit at the very end
      append_utf8(ready_, replacement);
      used_ = buffer_.rest().size();
    }
    return more;
  }

  // Its bytes; 0 when it is not whole yet.
  std::size_t next_character(bool more) {
    const std::size_t unit = encoding_.unit, left = buffer_.rest().size() - used_;
    if (left < unit) return 0;
    std::uint32_t c = unit_at(used_);
    std::size_t size = unit;
    if (unit == 2 && c >= 0xD800 && c < 0xDC00) {
      if (left < 4 && more) return 0;
      const std::uint32_t low = left < 4 ? 0 : unit_at(used_ + 2);
      if (low >= 0xDC00 && low <= 0xDFFF) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        size = 4;
      }
    }
    const bool mark = at_start_ && c == 0xFEFF;
    at_start_ = false;
    if (!mark) append_utf8(ready_, is_surrogate(c) || c > 0x10FFFF ? replacement : c);
    return size;
  }

  std::uint32_t unit_at(std::size_t at) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < encoding_.unit; ++i) {
      const std::size_t place = encoding_.big_endian ? i : encoding_.unit - 1 - i;
      value = value << 8 | static_cast<unsigned char>(buffer_.rest()[at + place]);
    }
    return value;
  }

  ByteBuffer buffer_;
  WideEncoding encoding_;
  std::size_t used_ = 0;  // of the buffer's rest
  std::string ready_;     // UTF-8
  bool at_start_ = true;
};

// 0x80 to 0x9F; the rest of Windows-1252 is Latin-1. Five places are empty.
constexpr std::array<std::uint32_t, 32> windows_characters{
    0x20AC, replacement, 0x201A,      0x0192, 0x201E,      0x2026,      0x2020, 0x2021,      0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152,      replacement, 0x017D, replacement, replacement, 0x2018, 0x2019,      0x201C, 0x201D, 0x2022,
    0x2013, 0x2014,      0x02DC,      0x2122, 0x0161,      0x203A,      0x0153, replacement, 0x017E, 0x0178};

}  // namespace

WideEncoding wide_encoding_of(std::string_view head) {
  for (const Start& start : starts)
    if (head.starts_with(start.bytes)) return start.encoding;
  return {};
}

ReadBytes utf8_from(ReadBytes wide, WideEncoding encoding) {
  auto reader = std::make_shared<WideReader>(std::move(wide), encoding);
  return [reader](char* bytes, std::size_t room) { return reader->read(bytes, room); };
}

std::string utf8_from_windows(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t valid = std::min(find_invalid_utf8(text), text.size());
    out += text.substr(0, valid);
    text.remove_prefix(valid);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text.front());
    append_utf8(out, byte < 0xA0 ? windows_characters[byte - 0x80u] : byte);
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace pmtune::data
