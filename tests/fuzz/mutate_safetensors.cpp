// Changes the header as JSON, or the data, and writes the length that fits the header.
#include <cstring>

#include "mutate.hpp"

using namespace pmtune::fuzz;

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                               unsigned seed) {
  Random random(seed);
  std::uint64_t length = 0;
  if (size >= sizeof length) std::memcpy(&length, data, sizeof length);
  if (size < sizeof length || length > size - sizeof length || below(random, 6) == 0)
    return LLVMFuzzerMutate(data, size, most);
  std::string header(reinterpret_cast<const char*>(data) + sizeof length, length);
  std::string rest(reinterpret_cast<const char*>(data) + sizeof length + length, size - sizeof length - length);
  const std::size_t choice = below(random, 5);
  if (choice < 3) {
    const std::string other = changed_json(header, random);
    header = other.empty() ? changed(header, header.size() + 16) : other;
  } else if (choice == 3) {
    header = changed(header, header.size() + 16);
  } else {
    rest = changed(rest, rest.size() + 16);
  }
  std::string whole(sizeof length, '\0');
  length = header.size();
  std::memcpy(whole.data(), &length, sizeof length);
  return put(whole + header + rest, data, size, most);
}
