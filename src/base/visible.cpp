#include "base/visible.hpp"

#include <cstdint>
#include <cstdio>

#include "base/utf8.hpp"

namespace pmtune {
namespace {

constexpr std::uint32_t control_pictures = 0x2400;  // the picture of control character c is this + c
constexpr std::uint32_t picture_of_delete = 0x2421;

struct Interval {
  std::uint32_t first, last;
};
// Format characters of Unicode (category Cf) and line separators, without the joiners U+200C and U+200D.
constexpr Interval unseen[] = {{0x80, 0x9F},     {0xAD, 0xAD},     {0x61C, 0x61C},    {0x180E, 0x180E},
                               {0x200B, 0x200B}, {0x200E, 0x200F}, {0x2028, 0x202E},  {0x2060, 0x206F},
                               {0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE007F}};

bool is_unseen(std::uint32_t character) {
  for (const Interval& interval : unseen)
    if (character >= interval.first && character <= interval.last) return true;
  return false;
}

}  // namespace

std::string visible_text(std::string_view untrusted) {
  const std::string text = replace_invalid_utf8(untrusted);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::uint32_t character = next_code_point(text, at);
    if (character < 0x20 && character != '\n' && character != '\t') {
      append_utf8(out, control_pictures + character);
    } else if (character == 0x7F) {
      append_utf8(out, picture_of_delete);
    } else if (is_unseen(character)) {
      char name[16];
      std::snprintf(name, sizeof name, "<U+%04X>", static_cast<unsigned>(character));
      out += name;
    } else {
      append_utf8(out, character);
    }
  }
  return out;
}

}  // namespace pmtune
