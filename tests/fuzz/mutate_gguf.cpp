// Puts a number that is often trouble, or a small one, where the file may have one.
#include <algorithm>
#include <cstring>

#include "mutate.hpp"

using namespace pmtune::fuzz;

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  if (size < 24 || below(random, 2) == 0) return LLVMFuzzerMutate(data, size, most);
  const std::uint64_t number = below(random, 2) == 0 ? troublesome(random) : below(random, 45);
  const std::size_t width = below(random, 2) == 0 ? sizeof(std::uint32_t) : sizeof number;
  // After the magic and the version: counts, lengths, kinds, sizes and offsets are most of what there is.
  const std::size_t at = 8 + below(random, size - 8);
  std::memcpy(data + at, &number, std::min(width, size - at));
  return size;
}
