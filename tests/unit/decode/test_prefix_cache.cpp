#include <doctest/doctest.h>

#include <numeric>

#include "decode/draft.hpp"
#include "decode/prefix_cache.hpp"

using namespace pmtune;
using namespace pmtune::decode;

namespace {

model::Architecture small() {
  model::Architecture a;
  a.layers = 2;
  a.heads = 4;
  a.kv_heads = 2;
  a.head_dim = 16;
  return a;
}

std::vector<std::int32_t> tokens(std::int64_t count, std::int32_t first = 0) {
  std::vector<std::int32_t> ids(static_cast<std::size_t>(count));
  std::iota(ids.begin(), ids.end(), first);
  return ids;
}

// A text of these tokens, all of them worked out.
CachedText write(PrefixCache& cache, const std::vector<std::int32_t>& ids, bool is_long = false) {
  CachedText text = cache.open(nullptr, is_long, ids, static_cast<std::int64_t>(ids.size()) - 1, 16);
  while (text.blocks.size() * 32 < ids.size()) REQUIRE(cache.extend(text));
  cache.complete(text, ids);
  return text;
}

}  // namespace

TEST_CASE("a text that begins as an earlier one did takes over its whole blocks") {
  KeyCache memory(small(), CachePrecision::bf16, 12);
  PrefixCache cache(memory);
  const auto ids = tokens(100);
  CachedText first = write(cache, ids);
  CHECK(first.blocks.size() == 4);
  CachedText second = write(cache, ids);  // while the first is still being written
  CHECK(std::equal(second.blocks.begin(), second.blocks.begin() + 3, first.blocks.begin()));
  CHECK(second.blocks[3] != first.blocks[3]);  // the last is not whole
  cache.close(first);
  cache.close(second);
  CHECK(cache.kept() == 3);
  CHECK(cache.available() == 12);

  auto other = ids;
  other[40] = 7;  // within the second block
  CHECK(cache.count_known(nullptr, false, other, 99) == 1);
  CHECK(cache.count_known(nullptr, false, ids, 96) == 3);
  CHECK(cache.count_known(nullptr, false, ids, 95) == 2);
  CHECK(cache.count_known(nullptr, true, ids, 99) == 0);  // rotated otherwise
  auto later = tokens(32, 32);                            // the second block, with nothing before it
  CHECK(cache.count_known(nullptr, false, later, 32) == 0);
}

TEST_CASE("room is made by forgetting what was longest unused, ends of texts first") {
  KeyCache memory(small(), CachePrecision::f32, 6);
  PrefixCache cache(memory);
  CachedText old = write(cache, tokens(96, 1000));
  cache.close(old);
  CachedText young = write(cache, tokens(64, 5000));
  cache.close(young);
  CHECK(cache.kept() == 5);
  CachedText fresh = write(cache, tokens(90, 9000));  // three blocks: one is free, two must go
  CHECK(cache.count_known(nullptr, false, tokens(96, 1000), 96) == 1);
  CHECK(cache.count_known(nullptr, false, tokens(64, 5000), 64) == 2);
  // Blocks in use are never taken.
  CachedText more = cache.open(nullptr, false, tokens(10, 20000), 9, 16);
  for (int i = 0; i < 3; ++i) CHECK(cache.extend(more));
  CHECK_FALSE(cache.extend(more));
  cache.close(more);
  cache.close(fresh);
  CHECK(cache.available() == 6);
}

TEST_CASE("a block that holds what another holds already is not kept twice") {
  KeyCache memory(small(), CachePrecision::int8, 8);
  PrefixCache cache(memory);
  const auto ids = tokens(64);
  CachedText first = cache.open(nullptr, false, ids, 63, 4), second = cache.open(nullptr, false, ids, 63, 4);
  for (CachedText* text : {&first, &second})
    for (int i = 0; i < 2; ++i) REQUIRE(cache.extend(*text));
  cache.complete(first, ids);
  cache.complete(second, ids);
  cache.close(first);
  cache.close(second);
  CHECK(cache.kept() == 2);
  CHECK(memory.free() == 6);
}

TEST_CASE("an adapter is let go with the last of its blocks") {
  KeyCache memory(small(), CachePrecision::bf16, 2);
  PrefixCache cache(memory);
  auto adapter =
      std::shared_ptr<const model::Adapter>(reinterpret_cast<const model::Adapter*>(&memory), [](auto*) {});
  const std::weak_ptr<const model::Adapter> watched = adapter;
  const auto ids = tokens(40);
  CachedText text = cache.open(adapter, false, ids, 39, 4);
  for (int i = 0; i < 2; ++i) REQUIRE(cache.extend(text));
  cache.complete(text, ids);
  cache.close(text);
  CHECK(cache.count_known(adapter, false, ids, 39) == 1);
  CHECK(cache.count_known(nullptr, false, ids, 39) == 0);
  adapter.reset();
  CHECK_FALSE(watched.expired());
  CachedText other = write(cache, tokens(64, 500));
  CHECK(watched.expired());
  cache.close(other);
}

TEST_CASE("guesses are what followed the last tokens before") {
  std::vector<std::int32_t> guess;
  guess_next(std::vector<std::int32_t>{1, 2, 3, 4, 5, 9, 1, 2, 3}, 2, guess);
  CHECK(guess == std::vector<std::int32_t>{4, 5});
  guess_next(std::vector<std::int32_t>{1, 2, 7, 1, 2, 8, 1, 2}, 3, guess);  // the latest place counts
  CHECK(guess == std::vector<std::int32_t>{8, 1, 2});
  guess_next(std::vector<std::int32_t>{5, 5, 5, 5}, 4, guess);
  CHECK(guess == std::vector<std::int32_t>{5});
  guess_next(std::vector<std::int32_t>{1, 2, 3}, 4, guess);
  CHECK(guess.empty());
  guess_next(std::vector<std::int32_t>{}, 4, guess);
  CHECK(guess.empty());
}

TEST_CASE("guessing rests after it was wrong, and comes back") {
  GuessLength length;
  for (int i = 0; i < 8; ++i) {
    const std::size_t next = length.next();
    if (next > 0) length.learn(next, 0);
  }
  int tried = 0;
  for (int i = 0; i < 100; ++i)
    if (const std::size_t next = length.next(); next > 0) {
      ++tried;
      length.learn(next, 0);
    }
  CHECK(tried > 0);
  CHECK(tried < 15);
  for (int i = 0; i < 60; ++i)
    if (const std::size_t next = length.next(); next > 0) length.learn(next, next);
  CHECK(length.next() == 5);
}
