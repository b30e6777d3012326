// A hash table from 64-bit keys to 64-bit values: one array, linear probing, no removal. Several times as fast as
// std::unordered_map where it counts, in the inner loop of BPE.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pmtune::text {

// Differs from process to process, so that no file can be made whose keys all collide.
std::uint64_t hash_seed();

inline std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93u;
  value = (value ^ (value >> 32)) * 0xD6E8FEB86659FD93u;
  return value ^ (value >> 32);
}

class FlatMap {
 public:
  static constexpr std::uint64_t absent = ~std::uint64_t{0};  // never a key, never a value

  explicit FlatMap(std::size_t expected = 0) {
    std::size_t slots = 16;
    while (slots < expected * 2) slots *= 2;
    slots_.resize(slots);
  }

  void insert_or_assign(std::uint64_t key, std::uint64_t value) {
    if ((size_ + 1) * 2 > slots_.size()) grow();
    Slot& slot = slots_[position(key)];
    if (slot.key == absent) ++size_;
    slot = {key, value};
  }

  // `absent` when there is no such key.
  std::uint64_t find(std::uint64_t key) const { return slots_[position(key)].value; }

 private:
  struct Slot {
    std::uint64_t key = absent;
    std::uint64_t value = absent;
  };

  std::size_t position(std::uint64_t key) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = mix(key + seed_) & mask;
    while (slots_[at].key != key && slots_[at].key != absent) at = (at + 1) & mask;
    return at;
  }

  void grow() {
    std::vector<Slot> old(slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.key != absent) slots_[position(slot.key)] = slot;
  }

  std::uint64_t seed_ = hash_seed();
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace pmtune::text
