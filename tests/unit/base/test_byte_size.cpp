#include <doctest/doctest.h>
#include <pmtune/error.hpp>
#include <pmtune/fields.hpp>

using pmtune::ByteSize;

TEST_CASE("byte size: numbers and units") {
  CHECK(ByteSize("6GB").bytes == 6'000'000'000);
  CHECK(ByteSize("512 MiB").bytes == 536'870'912);
  CHECK(ByteSize("1.5 kB").bytes == 1500);
  CHECK(ByteSize(" 10 ").bytes == 10);
  CHECK(ByteSize("10b").bytes == 10);
  CHECK(ByteSize("2g").bytes == 2'000'000'000);
  CHECK(ByteSize("1TiB").bytes == std::int64_t{1} << 40);
  CHECK(ByteSize("0").bytes == 0);
  CHECK(ByteSize(7) == ByteSize("7"));
  CHECK(ByteSize(7) != ByteSize("8"));
}

TEST_CASE("byte size: what is not a size") {
  for (const char* text : {"", "GB", "six", "-1", "1 XB", "nan", "inf", "1e30", "10 GB free", "0x10"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(ByteSize{text}, pmtune::Error);
  }
  CHECK_THROWS_WITH_AS(ByteSize("six"),
                       "\"six\" is not a size; write a number of bytes, or for example 6GB or 512MiB.",
                       pmtune::Error);
}

TEST_CASE("byte size: as text") {
  CHECK(pmtune::to_string(ByteSize()) == "0 B");
  CHECK(pmtune::to_string(ByteSize(999)) == "999 B");
  CHECK(pmtune::to_string(ByteSize(1200)) == "1.2 kB");
  CHECK(pmtune::to_string(ByteSize(999'999)) == "1.0 MB");
  CHECK(pmtune::to_string(ByteSize(123'000'000)) == "123 MB");
  CHECK(pmtune::to_string(ByteSize("6GB")) == "6.0 GB");
}
