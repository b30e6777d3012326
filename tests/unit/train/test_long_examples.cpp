#include <doctest/doctest.h>

#include <algorithm>

#include "train/long_examples.hpp"

using namespace pmtune;
using namespace pmtune::train;

namespace {

// A question of `question` tokens, an answer of `answer`, its end, and one token that the template puts behind it.
Encoded conversation(std::size_t question, std::size_t answer) {
  Encoded whole;
  for (std::size_t t = 0; t < question + answer + 2; ++t) {
    whole.ids.push_back(static_cast<std::int32_t>(t));
    whole.mask.push_back(t >= question && t < question + answer + 1);
  }
  return whole;
}

std::vector<std::int32_t> taught(const Encoded& part) {
  std::vector<std::int32_t> ids;
  for (std::size_t t = 0; t < part.ids.size(); ++t)
    if (part.mask[t]) ids.push_back(part.ids[t]);
  return ids;
}

}  // namespace

TEST_CASE("long answers: everything is taught once, in parts that fit and begin with the question") {
  for (std::size_t limit : {16u, 20u, 33u, 64u, 100u}) {
    for (std::size_t question : {0u, 1u, 5u, 10u}) {
      for (std::size_t answer = limit; answer < 6 * limit; answer += 7) {
        const Encoded whole = conversation(question, answer);
        std::vector<std::uint8_t> breaks(whole.ids.size(), 0);
        for (std::size_t t = question; t < whole.ids.size(); t += 9) breaks[t] = 1 + t % 3;
        std::vector<std::int32_t> all;
        for (const Encoded& part : divide_answer(whole, question, breaks, limit)) {
          REQUIRE(part.ids.size() <= limit);
          REQUIRE(part.ids.size() == part.mask.size());
          REQUIRE(std::equal(part.ids.begin(), part.ids.begin() + static_cast<std::ptrdiff_t>(question),
                             whole.ids.begin()));
          REQUIRE(std::count(part.mask.begin(), part.mask.begin() + static_cast<std::ptrdiff_t>(question), 1) == 0);
          // What is shown of the answer goes on without a gap to what is taught.
          for (std::size_t t = question + 1; t < part.ids.size(); ++t) REQUIRE(part.ids[t] == part.ids[t - 1] + 1);
          for (const std::int32_t id : taught(part)) all.push_back(id);
        }
        REQUIRE(all == taught(whole));
      }
    }
  }
}

TEST_CASE("long answers: divided at the end of a paragraph, else of a line, else of a sentence") {
  const Encoded whole = conversation(4, 40);
  for (const std::uint8_t kind : {1, 2, 3}) {
    std::vector<std::uint8_t> breaks(whole.ids.size(), 0);
    breaks[18] = kind;                    // the best place
    if (kind > 1) breaks[22] = kind - 1;  // a later one that is not as good
    CHECK(taught(divide_answer(whole, 4, breaks, 28).front()).back() == 18);
  }
  const std::vector<std::uint8_t> none(whole.ids.size(), 0);
  CHECK(taught(divide_answer(whole, 4, none, 28).front()).back() == 27);
}

TEST_CASE("long answers: places to divide a text") {
  CHECK(breaks_after({"A", ".", " B", ".", "\n\n", "C", "\n", "D", "?", " E"}) ==
        std::vector<std::uint8_t>{0, 1, 0, 0, 3, 0, 2, 0, 1, 0});
  CHECK(breaks_after({"a", "\n", "\n", "b"}) == std::vector<std::uint8_t>{0, 0, 3, 0});  // SentencePiece's bytes
  CHECK(breaks_after({"v1", ".", "2", "!"}) == std::vector<std::uint8_t>{0, 0, 0, 0});
}
