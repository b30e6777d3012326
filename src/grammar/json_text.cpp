#include "grammar/json_text.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/utf8.hpp"
#include "grammar/digit_ranges.hpp"

namespace pmtune::grammar {
namespace {

using State = Nfa::State;

struct Range {
  std::uint32_t low;
  std::uint32_t high;
};

// The part of low..high that lies in `range`, handed to `use` when there is one.
template <class Use>
void within(std::uint32_t low, std::uint32_t high, Range range, const Use& use) {
  low = std::max(low, range.low);
  high = std::min(high, range.high);
  if (low <= high) use(low, high);
}

constexpr Range surrogates_left_out[] = {{0, 0xD7FF}, {0xE000, last_code_point}};

// --- UTF-8 ------------------------------------------------------------------------------------------------------

struct Utf8Length {
  Range range;
  std::uint32_t lead;  // the first byte's fixed bits
  std::size_t bytes;
};
constexpr Utf8Length utf8_lengths[] = {
    {{0x80, 0x7FF}, 0xC0, 2}, {{0x800, 0xFFFF}, 0xE0, 3}, {{0x10000, last_code_point}, 0xF0, 4}};

void utf8(Nfa& nfa, State from, std::uint32_t low, std::uint32_t high, State to) {
  // What JSON does not let stand as it is: control characters, the quote, the backslash.
  for (const Range plain : {Range{0x20, 0x21}, Range{0x23, 0x5B}, Range{0x5D, 0x7F}})
    within(low, high, plain, [&](std::uint32_t first, std::uint32_t last) {
      nfa.bytes(from, static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(last), to);
    });
  for (const Utf8Length& length : utf8_lengths) {
    const auto put = [&](State at, std::uint32_t first, std::uint32_t last, std::size_t place, State next) {
      const std::uint32_t bits = place == 0 ? length.lead : 0x80;
      nfa.bytes(at, static_cast<std::uint8_t>(bits + first), static_cast<std::uint8_t>(bits + last), next);
    };
    const auto digits = [&](std::uint32_t code) {
      std::vector<std::uint32_t> result(length.bytes);
      for (std::size_t i = length.bytes; i-- > 0; code >>= 6) result[i] = code & 0x3F;
      return result;
    };
    within(low, high, length.range, [&](std::uint32_t first, std::uint32_t last) {
      digit_range(nfa, from, digits(first), digits(last), 64, to, put);
    });
  }
}

// --- escapes ----------------------------------------------------------------------------------------------------

void hex_digit(Nfa& nfa, State from, std::uint32_t low, std::uint32_t high, State to) {
  const auto put = [&](std::uint32_t offset, char base) {
    return [&nfa, from, to, offset, base](std::uint32_t first, std::uint32_t last) {
      nfa.bytes(from, static_cast<std::uint8_t>(base + (first - offset)),
                static_cast<std::uint8_t>(base + (last - offset)), to);
    };
  };
  within(low, high, {0, 9}, put(0, '0'));
  within(low, high, {10, 15}, put(10, 'a'));
  within(low, high, {10, 15}, put(10, 'A'));
}

// Four hexadecimal digits from low to high.
void hex4(Nfa& nfa, State from, std::uint32_t low, std::uint32_t high, State to) {
  const auto digits = [](std::uint32_t code) {
    return std::array<std::uint32_t, 4>{code >> 12, (code >> 8) & 15, (code >> 4) & 15, code & 15};
  };
  const auto put = [&](State at, std::uint32_t first, std::uint32_t last, std::size_t, State next) {
    hex_digit(nfa, at, first, last, next);
  };
  digit_range(nfa, from, digits(low), digits(high), 16, to, put);
}

// behind_u: the state behind "\u".
void surrogate_pairs(Nfa& nfa, State behind_u, std::uint32_t low, std::uint32_t high, State to) {
  const auto digits = [](std::uint32_t code) {
    return std::array<std::uint32_t, 2>{(code - 0x10000) >> 10, (code - 0x10000) & 0x3FF};
  };
  const auto put = [&](State at, std::uint32_t first, std::uint32_t last, std::size_t place, State next) {
    if (place == 0) return hex4(nfa, at, 0xD800 + first, 0xD800 + last, next);
    const State second = nfa.add();
    nfa.text(at, "\\u", second);
    hex4(nfa, second, 0xDC00 + first, 0xDC00 + last, next);
  };
  digit_range(nfa, behind_u, digits(low), digits(high), 1024, to, put);
}

constexpr std::pair<std::uint32_t, char> short_escapes[] = {{'"', '"'},  {'\\', '\\'}, {'/', '/'},  {'\b', 'b'},
                                                            {'\f', 'f'}, {'\n', 'n'},  {'\r', 'r'}, {'\t', 't'}};
constexpr Range not_printable_ascii[] = {{0, 0x1F}, {0x7F, 0xD7FF}, {0xE000, 0xFFFF}};
constexpr Range whole_first_plane[] = {{0, 0xD7FF}, {0xE000, 0xFFFF}};

void escapes_of(Nfa& nfa, State from, std::uint32_t low, std::uint32_t high, Escapes escapes, State to) {
  const State backslash = nfa.add();
  bool used = false;
  for (const auto& [code, letter] : short_escapes)
    if (low <= code && code <= high) {
      nfa.byte(backslash, letter, to);
      used = true;
    }
  const State behind_u = nfa.add();
  bool by_number = false;
  const std::span<const Range> numbered = escapes == Escapes::all ? std::span<const Range>(whole_first_plane)
                                                                  : std::span<const Range>(not_printable_ascii);
  for (const Range range : numbered)
    within(low, high, range, [&](std::uint32_t first, std::uint32_t last) {
      hex4(nfa, behind_u, first, last, to);
      by_number = true;
    });
  within(low, high, {0x10000, last_code_point}, [&](std::uint32_t first, std::uint32_t last) {
    surrogate_pairs(nfa, behind_u, first, last, to);
    by_number = true;
  });
  if (by_number) nfa.byte(backslash, 'u', behind_u);
  if (used || by_number) nfa.byte(from, '\\', backslash);
}

}  // namespace

void character(Nfa& nfa, State from, std::uint32_t low, std::uint32_t high, Escapes escapes, State to) {
  for (const Range range : surrogates_left_out)
    within(low, high, range, [&](std::uint32_t first, std::uint32_t last) { utf8(nfa, from, first, last, to); });
  escapes_of(nfa, from, low, high, escapes, to);
}

void characters(Nfa& nfa, State from, std::string_view text, State to) {
  std::size_t at = 0;
  while (at < text.size()) {
    const std::uint32_t code = next_code_point(text, at);
    const State next = nfa.add();
    character(nfa, from, code, code, Escapes::needed, next);
    from = next;
  }
  nfa.empty(from, to);
}

}  // namespace pmtune::grammar
