#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

#include "files/tensor_bytes.hpp"
#include "files/wording.hpp"

using namespace pmtune::files;

TEST_CASE("bytes of a tensor") {
  CHECK(tensor_bytes(DType::f32, {}) == 4U);
  CHECK(tensor_bytes(DType::f16, {3, 5}) == 30U);
  CHECK(tensor_bytes(DType::q4_1, {2, 64}) == 80U);
  CHECK(tensor_bytes(DType::f32, {0, 7}) == 0U);
}

TEST_CASE("shapes that wrap around are refused, whatever they wrap to") {
  const std::int64_t huge = std::int64_t{1} << 32;
  CHECK_FALSE(tensor_bytes(DType::u8, {huge, huge}));              // wraps to 0
  CHECK_FALSE(tensor_bytes(DType::u8, {huge, huge, 0}));           // strides would wrap
  CHECK_FALSE(tensor_bytes(DType::f32, {std::int64_t{1} << 62}));  // bytes wrap to 0
  CHECK_FALSE(tensor_bytes(DType::i64, {(std::int64_t{1} << 61) + 1}));
  CHECK_FALSE(tensor_bytes(DType::u8, {-1}));
  CHECK(tensor_bytes(DType::u8, {std::numeric_limits<std::int64_t>::max()}));
}

TEST_CASE("names are fit to be shown") {
  CHECK(in_quotes("a.b") == "\"a.b\"");
  CHECK(in_quotes(std::string_view("a\n\0b", 4)) == "\"a??b\"");
  CHECK(in_quotes("a\xFF") == "\"a\xEF\xBF\xBD\"");
  CHECK(in_quotes(std::string(5000, 'x')).size() < 200);
}
