#include "grammar/pattern_sets.hpp"

#include <algorithm>

#include "grammar/json_text.hpp"

namespace pmtune::grammar {

Ranges united(Ranges ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.low < b.low; });
  Ranges result;
  for (const auto& range : ranges) {
    if (!result.empty() && range.low <= std::uint64_t{result.back().high} + 1)
      result.back().high = std::max(result.back().high, range.high);
    else
      result.push_back(range);
  }
  return result;
}

Ranges complement(const Ranges& set) {
  Ranges result;
  std::uint32_t next = 0;
  for (const auto& range : set) {
    if (range.low > next) result.push_back({next, range.low - 1});
    next = range.high + 1;
  }
  if (next <= last_code_point) result.push_back({next, last_code_point});
  return result;
}

Ranges class_of_escape(char letter) {
  switch (letter) {
    case 'd': return {{'0', '9'}};
    case 'w': return {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    case 's':
      return {{'\t', '\r'},     {' ', ' '},       {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
              {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
    case 'D': return complement(class_of_escape('d'));
    case 'W': return complement(class_of_escape('w'));
    case 'S': return complement(class_of_escape('s'));
    default: return {};
  }
}

Ranges any_but_line_ends() { return complement({{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}); }

}  // namespace pmtune::grammar
