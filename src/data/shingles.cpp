#include "data/shingles.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "data/words.hpp"

namespace pmtune::data {
namespace {

constexpr std::size_t rows = 4;  // of a band
constexpr std::size_t bins = band_count * rows;

// The words' hashes go into the pair's, which is mixed well (the finaliser of MurmurHash3, Appleby 2008).
std::uint32_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 33)) * 0xFF51AFD7ED558CCDu;
  z = (z ^ (z >> 33)) * 0xC4CEB9FE1A85EC53u;
  return static_cast<std::uint32_t>((z ^ (z >> 33)) >> 16);
}

std::uint64_t pair_hash(std::uint64_t a, std::uint64_t b) { return a * 0x9E3779B97F4A7C15u ^ b; }

}  // namespace

Sketch::Sketch(std::vector<std::uint32_t> hashes) : hashes_(std::move(hashes)) {
  if (hashes_.size() > 4 * most_hashes) {
    // Enough of the smallest for all repetitions but those of a text that says the same over and over.
    const auto middle = hashes_.begin() + static_cast<std::ptrdiff_t>(2 * most_hashes);
    std::nth_element(hashes_.begin(), middle, hashes_.end());
    std::vector<std::uint32_t> small(hashes_.begin(), middle);
    std::sort(small.begin(), small.end());
    small.erase(std::unique(small.begin(), small.end()), small.end());
    if (small.size() >= most_hashes) hashes_ = std::move(small);
  }
  std::sort(hashes_.begin(), hashes_.end());
  hashes_.erase(std::unique(hashes_.begin(), hashes_.end()), hashes_.end());
  hashes_.resize(std::min(hashes_.size(), most_hashes));
  hashes_.shrink_to_fit();
}

double likeness(const Sketch& a, const Sketch& b) {
  if (a.empty() || b.empty()) return 0;
  // Both know all their hashes below the largest that a cut sketch kept; among the smallest of the union the common
  // ones are counted.
  const std::size_t most = a.is_whole() && b.is_whole() ? 2 * Sketch::most_hashes : Sketch::most_hashes;
  std::size_t seen = 0, common = 0;
  auto x = a.hashes().begin(), y = b.hashes().begin();
  while (seen < most && (x != a.hashes().end() || y != b.hashes().end())) {
    ++seen;
    if (y == b.hashes().end() || (x != a.hashes().end() && *x < *y)) {
      ++x;
    } else if (x == a.hashes().end() || *y < *x) {
      ++y;
    } else {
      ++common, ++x, ++y;
    }
  }
  return static_cast<double>(common) / static_cast<double>(seen);
}

void Shingler::add(std::string_view text) {
  std::uint64_t before = 0;
  std::size_t words = 0;
  for_each_word(text, [&](std::uint64_t word) {
    if (++words >= 2) hashes_.push_back(mixed(pair_hash(before, word)));
    before = word;
  });
  if (words == 1) hashes_.push_back(mixed(pair_hash(0, before)));
}

std::vector<std::uint32_t> Shingler::take() {
  std::vector<std::uint32_t> hashes = std::move(hashes_);
  hashes_.clear();
  return hashes;
}

Bands bands_of(const std::vector<std::uint32_t>& hashes) {
  constexpr std::uint32_t empty = ~std::uint32_t{0};
  std::array<std::uint32_t, bins> least;
  least.fill(empty);
  for (const std::uint32_t hash : hashes) {
    const auto bin = static_cast<std::size_t>(static_cast<std::uint64_t>(hash) * bins >> 32);
    least[bin] = std::min(least[bin], hash * 0x85EBCA6Bu);
  }
  const std::array<std::uint32_t, bins> filled = least;
  for (std::size_t bin = 0; bin < bins; ++bin) {
    std::uint64_t next = bin;
    // Where a bin borrows depends on the bin alone, so that texts that are alike borrow alike.
    for (std::uint32_t attempt = 1; least[bin] == empty && attempt < 64 * bins; ++attempt) {
      next = mixed(bin * 0x9E3779B97F4A7C15u + attempt) % bins;
      least[bin] = filled[next];
    }
  }
  Bands bands;
  for (std::size_t band = 0; band < band_count; ++band) {
    std::uint64_t value = band;
    for (std::size_t row = 0; row < rows; ++row) value = pair_hash(value, least[band * rows + row]);
    bands[band] = mixed(value);
  }
  return bands;
}

}  // namespace pmtune::data
