#include "text/word_table.hpp"

#include <cstring>

#include "text/flat_map.hpp"

namespace pmtune::text {
namespace {

std::uint64_t load(const char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes, count);
  return value;
}

std::uint32_t hash_of(std::string_view word) {
  std::uint64_t hash = hash_seed() ^ word.size();
  while (word.size() > 8) {
    hash = mix(hash ^ load(word.data(), 8));
    word.remove_prefix(8);
  }
  return static_cast<std::uint32_t>(mix(hash ^ load(word.data(), word.size())));
}

}  // namespace

void WordTable::reserve(std::size_t count) {
  std::size_t slots = 16;
  while (slots < count * 2) slots *= 2;
  slots_.assign(slots, {});
}

std::size_t WordTable::position(std::string_view word, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].id >= 0) {
    if (slots_[at].hash == hash && words_[static_cast<std::size_t>(slots_[at].id)] == word) break;
    at = (at + 1) & mask;
  }
  return at;
}

void WordTable::insert(std::int32_t id) {
  const std::string_view word = words_[static_cast<std::size_t>(id)];
  const std::uint32_t hash = hash_of(word);
  Slot& slot = slots_[position(word, hash)];
  if (slot.id < 0) slot = {hash, id};
}

std::int32_t WordTable::find(std::string_view word) const { return slots_[position(word, hash_of(word))].id; }

}  // namespace pmtune::text
