#include <doctest/doctest.h>

#include <algorithm>

#include "train/rows.hpp"

using namespace pmtune::train;

namespace {

TokenRow row(std::size_t length, std::size_t prompt) {
  TokenRow r;
  for (std::size_t t = 0; t < length; ++t) {
    r.ids.push_back(static_cast<std::int32_t>(100 * length + t));
    r.mask.push_back(t >= prompt);
    r.taught += t >= prompt && t > 0;
  }
  return r;
}

}  // namespace

TEST_CASE("packing lays examples end to end, with positions from 0 and targets within each") {
  const TokenRow a = row(3, 1), b = row(4, 3);
  const PackedBatch batch = pack({&a, &b});
  CHECK(batch.ids == std::vector<std::int64_t>{300, 301, 302, 400, 401, 402, 403});
  CHECK(batch.positions == std::vector<std::int64_t>{0, 1, 2, 0, 1, 2, 3});
  REQUIRE(batch.segments.size() == 2);
  CHECK(batch.segments[1].offset == 3);
  CHECK(batch.segments[1].length == 4);
  // a teaches its tokens 1 and 2, b its last; the last token of a must not predict the first of b
  CHECK(batch.taught_rows == std::vector<std::int64_t>{0, 1, 5});
  CHECK(batch.targets == std::vector<std::int64_t>{301, 302, 403});
}

TEST_CASE("a filled row ends with a segment of its own that teaches nothing") {
  const TokenRow a = row(3, 1), b = row(4, 3);
  const PackedBatch batch = pack({&a, &b}, 16);
  CHECK(batch.ids.size() == 16);
  REQUIRE(batch.segments.size() == 3);
  CHECK(batch.segments[2].offset == 7);
  CHECK(batch.segments[2].length == 9);
  CHECK(batch.taught_rows == pack({&a, &b}).taught_rows);
  CHECK(pack({&a}, 3).segments.size() == 1);
}

TEST_CASE("dividing a step keeps every example once and respects the limit where it can") {
  std::vector<TokenRow> rows;
  for (std::size_t length : {5u, 30u, 10u, 10u, 9u, 41u, 1u}) rows.push_back(row(length, 0));
  std::vector<const TokenRow*> step;
  for (const TokenRow& r : rows) step.push_back(&r);
  for (std::int64_t limit : {1, 20, 40, 1000}) {
    std::vector<const TokenRow*> seen;
    for (const auto& micro : divide(step, limit)) {
      std::int64_t tokens = 0;
      for (const TokenRow* r : micro) tokens += static_cast<std::int64_t>(r->ids.size());
      CHECK((tokens <= limit || micro.size() == 1));
      seen.insert(seen.end(), micro.begin(), micro.end());
    }
    std::sort(seen.begin(), seen.end());
    CHECK(seen == step);
  }
  CHECK(divide(step, 1000).size() == 1);
}
