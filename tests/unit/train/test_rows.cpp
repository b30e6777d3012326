#include <doctest/doctest.h>

#include <algorithm>

#include "train/rows.hpp"
#include "train/shared_prefix.hpp"

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

namespace {

// Rows of these tokens, of which the last two are taught.
std::vector<TokenRow> rows_of(const std::vector<std::vector<std::int32_t>>& all) {
  std::vector<TokenRow> rows;
  for (const std::vector<std::int32_t>& ids : all) {
    TokenRow r;
    r.ids = ids;
    r.mask.assign(ids.size(), 0);
    r.mask[ids.size() - 1] = r.mask[ids.size() - 2] = 1;
    r.taught = 2;
    r.sharable = sharable_tokens(r);
    rows.push_back(r);
  }
  return rows;
}

std::vector<const TokenRow*> pointers(const std::vector<TokenRow>& rows) {
  std::vector<const TokenRow*> result;
  for (const TokenRow& r : rows) result.push_back(&r);
  return result;
}

// `shared` tokens of this kind, then some of their own.
std::vector<std::int32_t> begins_with(std::int32_t kind, int shared, int own) {
  static std::int32_t next = 1000;
  std::vector<std::int32_t> ids(static_cast<std::size_t>(shared), kind);
  for (int i = 0; i < own; ++i) ids.push_back(next++);
  return ids;
}

}  // namespace

TEST_CASE("a prefix that examples share is laid once, before the first of them") {
  const std::vector<TokenRow> rows = rows_of({begins_with(1, 10, 4), begins_with(2, 3, 3), begins_with(1, 10, 5)});
  const PackedBatch batch = pack(pointers(rows));
  CHECK(batch.ids.size() == 10 + 4 + 6 + 5);
  REQUIRE(batch.segments.size() == 4);
  CHECK(batch.segments[0].length == 10);
  CHECK(batch.segments[1].prefix_length == 10);
  CHECK(batch.segments[2].prefix_length == 0);
  CHECK(batch.segments[3].prefix_offset == 0);
  CHECK(batch.segments[3].prefix_length == 10);
  CHECK(batch.positions[static_cast<std::size_t>(batch.segments[3].offset)] == 10);
  REQUIRE(batch.examples.size() == 3);
  CHECK(batch.examples[2].segment == 3);
  CHECK(batch.targets == std::vector<std::int64_t>{rows[0].ids[12], rows[0].ids[13], rows[1].ids[4], rows[1].ids[5],
                                                   rows[2].ids[13], rows[2].ids[14]});
}

TEST_CASE("nothing is shared that is taught, that predicts what is taught, or that is alone") {
  const std::vector<std::int32_t> same = begins_with(1, 20, 0);
  for (const RowSize& size : share_prefixes(pointers(rows_of({same, same})))) CHECK(size.shared == 17);
  CHECK(share_prefixes(pointers(rows_of({same})))[0].family == -1);
  std::vector<TokenRow> rows = rows_of({same, same});
  for (TokenRow& r : rows) r.sharable = 0;
  CHECK(pack(pointers(rows)).ids.size() == 40);
}

TEST_CASE("examples are divided into the families that save most") {
  // All begin with 10 tokens; two of them with 30: together 30 are saved, in pairs 30 + 10.
  const std::vector<TokenRow> pairs = rows_of({begins_with(1, 10, 30), begins_with(1, 30, 9), begins_with(1, 30, 8)});
  std::vector<RowSize> sizes = share_prefixes(pointers(pairs));
  CHECK(sizes[0].family == -1);
  CHECK(sizes[1].shared == 30);
  CHECK(sizes[1].family == sizes[2].family);
  // With many that share the 10, all together save more.
  std::vector<std::vector<std::int32_t>> many{begins_with(1, 12, 9), begins_with(1, 12, 8)};
  for (int i = 0; i < 5; ++i) many.push_back(begins_with(1, 10, 20));
  for (const RowSize& size : share_prefixes(pointers(rows_of(many)))) CHECK(size.shared == 10);
}

TEST_CASE("what a step is planned to fill is never less than what its micro-batches hold") {
  std::vector<std::vector<std::int32_t>> all;
  for (int i = 0; i < 40; ++i) all.push_back(begins_with(i % 3, 8 + 7 * (i % 5), 5 + 3 * (i % 11)));
  const std::vector<TokenRow> rows = rows_of(all);
  for (std::int64_t limit : {30, 60, 100, 400, 10000}) {
    std::vector<std::int64_t> filled;
    first_fit(share_prefixes(pointers(rows)), limit, &filled);
    const auto micro_batches = divide(pointers(rows), limit);
    REQUIRE(micro_batches.size() == filled.size());
    for (std::size_t i = 0; i < filled.size(); ++i) {
      CHECK(static_cast<std::int64_t>(pack(micro_batches[i]).ids.size()) <= filled[i]);
      CHECK((filled[i] <= limit || micro_batches[i].size() == 1));
    }
  }
}
