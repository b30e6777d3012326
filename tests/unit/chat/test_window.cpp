// Which turns go when a conversation does not fit, without a model.
#include <doctest/doctest.h>

#include <pmtune/error.hpp>
#include <string>
#include <vector>

#include "chat/window.hpp"

using namespace pmtune;
using chat::choose_window;
using chat::Window;

namespace {

// A system prompt of 10 tokens and turns of these lengths.
auto lengths(std::vector<std::int64_t> turns) {
  return [turns](std::int64_t from) {
    std::int64_t sum = 10;
    for (std::size_t i = static_cast<std::size_t>(from); i < turns.size(); ++i) sum += turns[i];
    return sum;
  };
}

std::string refusal(std::int64_t turns, const chat::WindowLimits& limits, std::vector<std::int64_t> each) {
  try {
    choose_window(turns, 0, limits, lengths(std::move(each)));
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a conversation that fits stays whole") {
  const Window window = choose_window(3, 0, {100, 20, true}, lengths({20, 20, 30}));
  CHECK(window.dropped_turns == 0);
  CHECK(window.dropped_tokens == 0);
  CHECK(window.prompt_tokens == 80);
}

TEST_CASE("whole turns go, the oldest first, until an eighth is free") {
  // 110 tokens, room for 80: without the first 90, without two 70 = an eighth (10 or more) free.
  const Window window = choose_window(5, 0, {100, 20, true}, lengths({20, 20, 20, 20, 20}));
  CHECK(window.dropped_turns == 3);  // 50 <= 68
  CHECK(window.dropped_tokens == 60);
  CHECK(window.prompt_tokens == 50);
}

TEST_CASE("what was left out stays left out while the rest fits") {
  CHECK(choose_window(4, 2, {100, 20, true}, lengths({20, 20, 30, 35})).dropped_turns == 2);
  CHECK(choose_window(4, 1, {100, 20, true}, lengths({20, 20, 30, 35})).dropped_turns == 3);
  CHECK(choose_window(2, 3, {100, 20, true}, lengths({60, 35})).dropped_turns == 1);  // after an edit
  CHECK(choose_window(2, 1, {100, 20, true}, lengths({20, 35})).dropped_turns == 0);  // fits again
}

TEST_CASE("the last question stays, even when nothing else does") {
  const Window window = choose_window(3, 0, {100, 20, true}, lengths({5, 5, 70}));
  CHECK(window.dropped_turns == 2);
  CHECK(window.prompt_tokens == 80);
  CHECK(choose_window(3, 0, {100, 20, true}, lengths({50, 5, 65})).dropped_turns == 1);  // no eighth to be had
}

TEST_CASE("every conversation gets the fewest turns dropped that leave an eighth") {
  for (int turns = 2; turns < 40; ++turns) {
    const auto length = lengths(std::vector<std::int64_t>(static_cast<std::size_t>(turns), 9));
    const Window window = choose_window(turns, 0, {200, 30, true}, length);
    if (length(0) <= 170) {
      CHECK(window.dropped_turns == 0);
    } else {
      CHECK(length(window.dropped_turns) <= 145);
      CHECK(length(window.dropped_turns - 1) > 145);
    }
    CHECK(window.prompt_tokens == length(window.dropped_turns));
    CHECK(window.dropped_tokens == length(0) - window.prompt_tokens);
  }
}

TEST_CASE("refusals say by how many tokens") {
  CHECK(refusal(1, {100, 20, true}, {75}).find("The question is too long by 5 tokens") == 0);
  CHECK(refusal(3, {100, 20, true}, {5, 5, 90}).find("The question is too long by 20 tokens") == 0);
  CHECK(refusal(3, {100, 20, false}, {30, 30, 30}).find("The conversation is too long by 20 tokens") == 0);
  CHECK(refusal(1, {100, 200, true}, {5}).find("too long by 115 tokens") != std::string::npos);
}
