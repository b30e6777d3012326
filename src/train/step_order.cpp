#include "train/step_order.hpp"

#include <algorithm>
#include <numeric>

#include "data/random.hpp"

namespace pmtune::train {

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

std::vector<std::size_t> first_fit(const std::vector<std::int64_t>& sizes, std::int64_t tokens) {
  std::vector<std::size_t> by_size(sizes.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::stable_sort(by_size.begin(), by_size.end(), [&](std::size_t a, std::size_t b) { return sizes[a] > sizes[b]; });
  std::vector<std::size_t> place(sizes.size());
  std::vector<std::int64_t> filled;
  for (std::size_t index : by_size) {
    std::size_t into = 0;
    while (into < filled.size() && filled[into] + sizes[index] > tokens) ++into;
    if (into == filled.size()) filled.push_back(0);
    filled[into] += sizes[index];
    place[index] = into;
  }
  return place;
}

std::vector<std::int64_t> filled_micro_batches(const std::vector<std::int64_t>& sizes, std::int64_t tokens) {
  const std::vector<std::size_t> place = first_fit(sizes, tokens);
  std::vector<std::int64_t> filled;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (place[i] >= filled.size()) filled.resize(place[i] + 1);
    filled[place[i]] += sizes[i];
  }
  return filled;
}

}  // namespace pmtune::train
