#include "base/checked.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

using pmtune::Checked;
using pmtune::Code;
using pmtune::Error;

namespace {
constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
}

TEST_CASE("checked: arithmetic within range") {
  CHECK((Checked(3) + Checked(4)).value() == 7);
  CHECK((Checked(7) - Checked(7)).value() == 0);
  CHECK((Checked(1u << 31) * Checked(2)).value() == (std::uint64_t{1} << 32));
  CHECK((Checked(17) / Checked(5)).value() == 3);
  CHECK((Checked(17) % Checked(5)).value() == 2);
  CHECK((Checked(largest) + Checked(0)).value() == largest);
  Checked sum(1);
  sum += Checked(2);
  sum *= Checked(5);
  CHECK(sum == Checked(15));
  CHECK(Checked(1) < Checked(2));
}

TEST_CASE("checked: every way to leave the range throws corrupt") {
  CHECK_THROWS_AS(Checked(largest) + Checked(1), Error);
  CHECK_THROWS_AS(Checked(0) - Checked(1), Error);
  CHECK_THROWS_AS(Checked(largest) * Checked(2), Error);
  CHECK_THROWS_AS(Checked(std::uint64_t{1} << 32) * Checked(std::uint64_t{1} << 32), Error);
  CHECK_THROWS_AS(Checked(1) / Checked(0), Error);
  CHECK_THROWS_AS(Checked(1) % Checked(0), Error);
  CHECK_THROWS_AS(Checked(-1), Error);
  try {
    (void)(Checked(largest) + Checked(1));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.code() == Code::corrupt);
  }
}

TEST_CASE("checked: narrowing") {
  CHECK(Checked(255).as<std::uint8_t>() == 255);
  CHECK_THROWS_AS(Checked(256).as<std::uint8_t>(), Error);
  CHECK(Checked(std::uint64_t{1} << 62).as<std::int64_t>() == std::int64_t{1} << 62);
  CHECK_THROWS_AS(Checked(largest).as<std::int64_t>(), Error);
}

TEST_CASE("checked: alignment") {
  CHECK(Checked(0).aligned_to(32).value() == 0);
  CHECK(Checked(1).aligned_to(32).value() == 32);
  CHECK(Checked(32).aligned_to(32).value() == 32);
  CHECK_THROWS_AS(Checked(largest).aligned_to(32), Error);
  CHECK_THROWS_AS(Checked(1).aligned_to(0), Error);
}
