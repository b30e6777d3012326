#include "data/near_duplicates.hpp"

#include <algorithm>
#include <utility>

namespace pmtune::data {
namespace {

constexpr std::uint32_t no_example = NewestByBand::no_example;
// Of a crowd that shares a band only the newest are looked at, so that a file of 100,000 equal lines takes no longer.
constexpr int most_looked_at = 8;

}  // namespace

std::vector<std::uint32_t> shingles_of(const Example& example) {
  Shingler shingler;
  for (const Message& message : example.messages)
    if (message.role != "system") shingler.add(message.content);
  return shingler.take();
}

std::uint32_t NewestByBand::exchange(std::uint32_t value, std::uint32_t example) {
  if (used_ * 2 >= slots_.size()) grow();
  Slot& slot = slots_[slot_of(value)];
  if (slot.example == no_example) ++used_;
  slot.value = value;
  return std::exchange(slot.example, example);
}

// Values are hashes already.
std::size_t NewestByBand::slot_of(std::uint32_t value) const {
  std::size_t at = value & (slots_.size() - 1);
  while (slots_[at].example != no_example && slots_[at].value != value) at = (at + 1) & (slots_.size() - 1);
  return at;
}

void NewestByBand::grow() {
  const std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots_.size() * 2));
  for (const Slot& slot : old)
    if (slot.example != no_example) slots_[slot_of(slot.value)] = slot;
}

std::optional<Twin> NearDuplicates::add(const Example& example) {
  const std::vector<std::uint32_t> hashes = shingles_of(example);
  const auto index = static_cast<std::uint32_t>(kept_.size());
  Kept& kept = kept_.emplace_back();
  kept.before.fill(no_example);
  if (hashes.empty()) return std::nullopt;
  const Bands bands = bands_of(hashes);
  kept.sketch = Sketch(hashes);
  for (std::size_t band = 0; band < band_count; ++band) kept.before[band] = newest_.exchange(bands[band], index);
  return best_of(kept.sketch, kept.before);
}

std::optional<Twin> NearDuplicates::find(const Example& example) const {
  const std::vector<std::uint32_t> hashes = shingles_of(example);
  if (hashes.empty()) return std::nullopt;
  const Bands bands = bands_of(hashes);
  std::array<std::uint32_t, band_count> first;
  for (std::size_t band = 0; band < band_count; ++band) first[band] = newest_.find(bands[band]);
  return best_of(Sketch(hashes), first);
}

std::optional<Twin> NearDuplicates::best_of(const Sketch& sketch,
                                            const std::array<std::uint32_t, band_count>& first) const {
  std::vector<std::uint32_t> candidates;
  for (std::size_t band = 0; band < band_count; ++band) {
    int looked_at = 0;
    for (std::uint32_t at = first[band]; at != no_example && looked_at < most_looked_at;
         at = kept_[at].before[band]) {
      candidates.push_back(at);
      ++looked_at;
    }
  }
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  Twin best;
  for (const std::uint32_t candidate : candidates)
    if (const double like = likeness(sketch, kept_[candidate].sketch); like > best.likeness) best = {candidate, like};
  if (best.likeness < nearly_the_same) return std::nullopt;
  return best;
}

}  // namespace pmtune::data
