#include <doctest/doctest.h>

#include <numeric>

#include "preview/histogram.hpp"

using namespace pmtune;
using preview::histogram_of;

namespace {

std::int64_t counted(const PreviewHistogram& histogram) {
  std::int64_t sum = 0;
  for (const PreviewBar& bar : histogram.bars) sum += bar.count;
  return sum;
}

}  // namespace

TEST_SUITE("histogram") {
  TEST_CASE("nothing") {
    const PreviewHistogram histogram = histogram_of({});
    CHECK(histogram.bars.empty());
    CHECK(histogram.total == 0);
  }
  TEST_CASE("one value, and many equal ones") {
    for (const std::size_t count : {1u, 50u}) {
      const PreviewHistogram histogram = histogram_of(std::vector<std::int64_t>(count, 137));
      REQUIRE(histogram.bars.size() == 1);
      CHECK(histogram.bars[0].count == static_cast<std::int64_t>(count));
      CHECK(histogram.median == 137);
      CHECK(preview::name_of(histogram.bars[0]) == "137");
    }
  }
  TEST_CASE("every value is counted once, in bars of one round width") {
    for (std::int64_t size = 1; size <= 120; ++size) {
      std::vector<std::int64_t> values;
      for (std::int64_t i = 0; i < size; ++i) values.push_back(40 + (i * i * 37) % 300);
      const PreviewHistogram histogram = histogram_of(values);
      CHECK(counted(histogram) == size);
      CHECK(histogram.bars.size() <= 12);
      CHECK(histogram.bars.front().from <= histogram.least);
      CHECK(histogram.total == std::accumulate(values.begin(), values.end(), std::int64_t{0}));
    }
  }
  TEST_CASE("bars of 20 to 100 examples") {
    std::vector<std::int64_t> values;
    for (std::int64_t i = 0; i < 60; ++i) values.push_back(100 + 5 * i);  // 100 to 395
    const PreviewHistogram histogram = histogram_of(values);
    CHECK(histogram.bars.size() == 6);
    CHECK(preview::name_of(histogram.bars[0]) == "100 to 149");
    CHECK(histogram.median == 247.5);
  }
  TEST_CASE("one far away leaves the others their bars") {
    std::vector<std::int64_t> values{9000};
    for (std::int64_t i = 0; i < 20; ++i) values.push_back(200 + 10 * i);
    const PreviewHistogram histogram = histogram_of(values);
    CHECK(histogram.bars.size() >= 4);
    CHECK(histogram.bars.back().to == -1);
    CHECK(histogram.bars.back().count == 1);
    CHECK(counted(histogram) == 21);
  }
}
