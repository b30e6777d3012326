#include "decode/draft.hpp"

#include <algorithm>

namespace pmtune::decode {
namespace {

constexpr std::size_t kLongest = 3, kShortest = 2;  // tokens that must have stood together before
constexpr std::size_t kMostGuessed = 5;

// Where the last `size` tokens stood before, as late as possible: the place behind them. 0: nowhere.
std::size_t place_after(std::span<const std::int32_t> seen, std::size_t size) {
  if (seen.size() <= size) return 0;
  const auto end = seen.last(size);
  for (std::size_t at = seen.size() - size; at-- > 0;)
    if (std::equal(end.begin(), end.end(), seen.begin() + static_cast<std::ptrdiff_t>(at))) return at + size;
  return 0;
}

}  // namespace

void guess_next(std::span<const std::int32_t> seen, std::size_t most, std::vector<std::int32_t>& guess) {
  guess.clear();
  for (std::size_t size = kLongest; size >= kShortest && guess.empty(); --size) {
    const std::size_t from = place_after(seen, size);
    if (from == 0) continue;
    const std::size_t count = std::min(most, seen.size() - from);
    guess.assign(seen.begin() + static_cast<std::ptrdiff_t>(from),
                 seen.begin() + static_cast<std::ptrdiff_t>(from + count));
  }
}

std::size_t GuessLength::next() {
  if (rest_ > 0) {
    --rest_;
    return 0;
  }
  return right_ > 0.6 ? kMostGuessed : right_ > 0.3 ? 3 : 2;
}

void GuessLength::learn(std::size_t guessed, std::size_t right) {
  if (guessed == 0) return;
  right_ = 0.7 * right_ + 0.3 * static_cast<double>(right) / static_cast<double>(guessed);
  pause_ = right > 0 ? 1 : std::min<std::int64_t>(2 * pause_, 32);
  if (right == 0) rest_ = pause_;
}

}  // namespace pmtune::decode
