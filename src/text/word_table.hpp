// Finds the token whose bytes are exactly a given word.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pmtune::text {

class WordTable {
 public:
  // Ids index `words`, which must outlive the table and not move.
  explicit WordTable(const std::vector<std::string>& words) : words_(words) {}

  void reserve(std::size_t count);
  void insert(std::int32_t id);                    // keeps the first of two equal words
  std::int32_t find(std::string_view word) const;  // -1 when there is none

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::int32_t id = -1;
  };
  std::size_t position(std::string_view word, std::uint32_t hash) const;

  const std::vector<std::string>& words_;
  std::vector<Slot> slots_;
};

}  // namespace pmtune::text
