#include "text/nfc.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/utf8.hpp"
#include "text/flat_map.hpp"
#include "text/nfc_tables.hpp"

namespace pmtune::text {
namespace {

struct Character {
  std::uint32_t code;
  std::size_t origin;  // where the character it comes from begins in the text
};

// Hangul syllables are arranged by formula (Unicode Standard, section 3.12).
constexpr std::uint32_t first_syllable = 0xAC00, first_lead = 0x1100, first_vowel = 0x1161,
                        before_first_tail = 0x11A7;
constexpr std::uint32_t leads = 19, vowels = 21, tails = 28, syllables = leads * vowels * tails;

const FlatMap& composites() {
  static const FlatMap map = [] {
    FlatMap made(compositions.size());
    for (const Decomposition& entry : compositions)
      made.insert_or_assign(std::uint64_t{entry.first} << 32 | entry.second, entry.character);
    return made;
  }();
  return map;
}

std::uint8_t combining_class(std::uint32_t character) {
  const auto* range =
      std::partition_point(combining_ranges.begin(), combining_ranges.end(),
                           [&](const CombiningRange& candidate) { return candidate.last < character; });
  return range != combining_ranges.end() && range->first <= character ? range->combining_class : 0;
}

template <std::size_t size>
const Decomposition* find_in(const std::array<Decomposition, size>& table, std::uint32_t character) {
  const auto* entry = std::partition_point(
      table.begin(), table.end(), [&](const Decomposition& candidate) { return candidate.character < character; });
  return entry != table.end() && entry->character == character ? entry : nullptr;
}

// Full canonical decomposition; decompositions nest a few levels deep at most.
void decompose(std::uint32_t character, std::size_t origin, std::vector<Character>& out) {
  if (character >= first_syllable && character < first_syllable + syllables) {
    const std::uint32_t index = character - first_syllable;
    out.push_back({first_lead + index / (vowels * tails), origin});
    out.push_back({first_vowel + index / tails % vowels, origin});
    if (index % tails != 0) out.push_back({before_first_tail + index % tails, origin});
    return;
  }
  const Decomposition* entry = find_in(compositions, character);
  if (entry == nullptr) entry = find_in(one_way_decompositions, character);
  if (entry == nullptr) {
    out.push_back({character, origin});
    return;
  }
  decompose(entry->first, origin, out);
  if (entry->second != 0) decompose(entry->second, origin, out);
}

// The character that two make together; 0 when they stay apart.
std::uint32_t composite_of(std::uint32_t first, std::uint32_t second) {
  if (first >= first_lead && first < first_lead + leads && second >= first_vowel && second < first_vowel + vowels)
    return first_syllable + ((first - first_lead) * vowels + second - first_vowel) * tails;
  if (first >= first_syllable && first < first_syllable + syllables && (first - first_syllable) % tails == 0 &&
      second > before_first_tail && second < before_first_tail + tails)
    return first + second - before_first_tail;
  const std::uint64_t found = composites().find(std::uint64_t{first} << 32 | second);
  return found == FlatMap::absent ? 0 : static_cast<std::uint32_t>(found);
}

// Marks between two letters go in the order of their classes.
void sort_marks(std::vector<Character>& characters) {
  for (std::size_t i = 0; i < characters.size();) {
    std::size_t end = i;
    while (end < characters.size() && combining_class(characters[end].code) != 0) ++end;
    std::stable_sort(characters.begin() + static_cast<std::ptrdiff_t>(i),
                     characters.begin() + static_cast<std::ptrdiff_t>(end),
                     [](Character a, Character b) { return combining_class(a.code) < combining_class(b.code); });
    i = end + 1;
  }
}

// Puts each letter together with the marks behind it that are not blocked by one of the same or a higher class.
std::vector<Character> compose_characters(const std::vector<Character>& characters) {
  std::vector<Character> out;
  std::size_t letter = SIZE_MAX;
  std::uint8_t last_class = 0;
  for (const Character& character : characters) {
    const std::uint8_t its_class = combining_class(character.code);
    const bool adjacent = letter != SIZE_MAX && out.size() == letter + 1;
    const bool blocked = letter == SIZE_MAX || (!adjacent && last_class >= its_class);
    if (const std::uint32_t joined = blocked ? 0 : composite_of(out[letter].code, character.code); joined != 0) {
      out[letter].code = joined;
      continue;
    }
    if (its_class == 0) letter = out.size();
    last_class = its_class;
    out.push_back(character);
  }
  return out;
}

}  // namespace

bool is_surely_composed(std::string_view text) {
  // Below U+0300 (lead bytes up to 0xCB) every text is composed already.
  return std::all_of(text.begin(), text.end(), [](char byte) { return static_cast<unsigned char>(byte) < 0xCC; });
}

std::string compose(std::string_view text, std::vector<std::size_t>* origins) {
  std::vector<Character> characters;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const std::uint32_t code = next_code_point(text, at);
    decompose(code, begin, characters);
  }
  sort_marks(characters);
  std::string composed;
  composed.reserve(text.size());
  if (origins) origins->clear();
  for (const Character& character : compose_characters(characters)) {
    append_utf8(composed, character.code);
    if (origins) origins->resize(composed.size(), character.origin);
  }
  return composed;
}

}  // namespace pmtune::text
