#include "train/step_order.hpp"

#include <algorithm>
#include <numeric>

#include "base/round_up.hpp"
#include "data/random.hpp"

namespace pmtune::train {

std::int64_t steps_per_epoch(std::size_t examples, std::int64_t batch_size) {
  return ceil_div(static_cast<std::int64_t>(examples), batch_size);
}

std::vector<std::vector<std::size_t>> steps_of_epoch(std::size_t examples, const TrainConfig& config,
                                                     std::int64_t epoch) {
  const std::vector<std::size_t> order =
      data::shuffled_order(examples, config.seed + static_cast<std::uint64_t>(epoch));
  const auto size = static_cast<std::size_t>(config.batch_size);
  std::vector<std::vector<std::size_t>> steps;
  for (std::size_t at = 0; at < examples; at += size)
    steps.emplace_back(order.begin() + static_cast<std::ptrdiff_t>(at),
                       order.begin() + static_cast<std::ptrdiff_t>(std::min(examples, at + size)));
  return steps;
}

std::vector<std::size_t> first_fit(const std::vector<RowSize>& sizes, std::int64_t tokens,
                                   std::vector<std::int64_t>* filled) {
  struct MicroBatch {
    std::int64_t tokens = 0;
    std::vector<std::int64_t> families;
    std::int64_t with(const RowSize& row) const {
      const bool here = std::find(families.begin(), families.end(), row.family) != families.end();
      return tokens + row.own + (here ? 0 : row.shared);
    }
  };
  std::vector<std::size_t> by_size(sizes.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](std::size_t a, std::size_t b) { return sizes[a].whole() > sizes[b].whole(); });
  std::vector<std::size_t> place(sizes.size());
  std::vector<MicroBatch> batches;
  for (std::size_t index : by_size) {
    const RowSize& row = sizes[index];
    std::size_t into = 0;
    while (into < batches.size() && batches[into].with(row) > tokens) ++into;
    if (into == batches.size()) batches.emplace_back();
    batches[into].tokens = batches[into].with(row);
    if (row.family >= 0) batches[into].families.push_back(row.family);
    place[index] = into;
  }
  if (filled) {
    filled->clear();
    for (const MicroBatch& batch : batches) filled->push_back(batch.tokens);
  }
  return place;
}

}  // namespace pmtune::train
