// How inputs are changed, beside what libFuzzer does by itself: along the structure of the format, so that most of
// what is tried gets past the first check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

// libFuzzer's own changes, in place; the new size.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed);

namespace pmtune::fuzz {

using Random = std::minstd_rand;

inline std::size_t below(Random& random, std::size_t bound) { return bound == 0 ? 0 : random() % bound; }

// Numbers at which arithmetic goes wrong.
inline constexpr std::uint64_t trouble[] = {
    0,          1,          2,          0x7F,       0xFF,       0x7FFF,     0xFFFF,           (1ULL << 24) - 1,
    1 << 24,    0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1ULL << 32, 1ULL << 61, (1ULL << 62) + 1, (1ULL << 63) - 1,
    1ULL << 63, ~0ULL - 7,  ~0ULL - 3,  ~0ULL};
inline std::uint64_t troublesome(Random& random) { return trouble[below(random, std::size(trouble))]; }

// LLVMFuzzerMutate on a text.
std::string changed(const std::string& text, std::size_t most);

// Copies the text to `data` when it fits; what is too long is left as it was.
std::size_t put(const std::string& text, std::uint8_t* data, std::size_t size, std::size_t most);

// One change somewhere in a JSON text: a value made another, a member left out, doubled or renamed. Empty when the
// text is not JSON.
std::string changed_json(const std::string& text, Random& random);

}  // namespace pmtune::fuzz
