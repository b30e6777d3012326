#include "preview/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/fail.hpp"

namespace pmtune::preview {
namespace {

// Sturges 1926: 1 + log2(n) bars; 5 to 8 of them for 20 to 100 examples.
std::int64_t wished_bars(std::size_t count) {
  return std::clamp<std::int64_t>(1 + std::lround(std::log2(static_cast<double>(count))), 1, 10);
}

// The smallest of 1, 2, 5, 10, 20, 50, ... with which `bars` bars reach over `span`.
std::int64_t round_width(std::int64_t span, std::int64_t bars) {
  for (std::int64_t power = 1;; power *= 10)
    for (const std::int64_t step : {1, 2, 5})
      if (step * power * bars >= span) return step * power;
}

double median_of(const std::vector<std::int64_t>& sorted) {
  const std::size_t middle = sorted.size() / 2;
  const auto upper = static_cast<double>(sorted[middle]);
  return sorted.size() % 2 ? upper : (upper + static_cast<double>(sorted[middle - 1])) / 2;
}

}  // namespace

PreviewHistogram histogram_of(std::vector<std::int64_t> values) {
  PreviewHistogram histogram;
  if (values.empty()) return histogram;
  std::sort(values.begin(), values.end());
  histogram.least = values.front();
  histogram.most = values.back();
  histogram.total = std::accumulate(values.begin(), values.end(), std::int64_t{0});
  histogram.median = median_of(values);
  const auto far = static_cast<std::int64_t>(4 * histogram.median);
  const std::int64_t reach = std::max(histogram.least, std::min(histogram.most, far));
  const std::int64_t width = round_width(reach - histogram.least + 1, wished_bars(values.size()));
  const std::int64_t first = histogram.least / width * width;
  for (std::int64_t from = first; from <= reach; from += width) histogram.bars.push_back({from, from + width - 1, 0});
  const std::int64_t end = histogram.bars.back().to + 1;
  if (histogram.most >= end) histogram.bars.push_back({end, -1, 0});
  for (const std::int64_t value : values)
    ++histogram.bars[static_cast<std::size_t>((std::min(value, end) - first) / width)].count;
  return histogram;
}

std::string name_of(const PreviewBar& bar) {
  if (bar.to < 0) return concat(bar.from, " and more");
  return bar.from == bar.to ? concat(bar.from) : concat(bar.from, " to ", bar.to);
}

}  // namespace pmtune::preview
