// For JSON, and for one JSON text a line.
#include "mutate.hpp"

using namespace pmtune::fuzz;

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  if (below(random, 4) == 0) return LLVMFuzzerMutate(data, size, most);
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const std::string whole = changed_json(text, random); !whole.empty()) return put(whole, data, size, most);
  const std::size_t begin = text.rfind('\n', below(random, size)) + 1;  // 0 where there is none before
  const std::size_t end = std::min(text.find('\n', begin), size);
  const std::string line = begin < end ? changed_json(text.substr(begin, end - begin), random) : "";
  if (line.empty()) return LLVMFuzzerMutate(data, size, most);
  return put(text.substr(0, begin) + line + text.substr(end), data, size, most);
}
