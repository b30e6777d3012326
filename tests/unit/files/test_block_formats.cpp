#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <pmtune/error.hpp>
#include <string>
#include <vector>

#include "builders.hpp"
#include "files/block_formats.hpp"

using namespace pmtune;
using namespace pmtune::files;
using pmtune::test::raw;

namespace {

const std::uint16_t one = 0x3C00;         // 1.0 in f16
const std::uint16_t minus_half = 0xB800;  // -0.5

std::vector<float> numbers(DType dtype, const std::string& bytes, std::size_t count) {
  std::vector<float> out(count, -99.0F);
  dequantise(dtype, reinterpret_cast<const std::byte*>(bytes.data()), count, out.data());
  return out;
}

// Bytes j = 0..15 with j in the low half and 15-j in the high half.
std::string nibbles() {
  std::string packed;
  for (int j = 0; j < 16; ++j) packed += static_cast<char>(j | (15 - j) << 4);
  return packed;
}

// Straight from the definition of IEEE binary16.
float f16_by_definition(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

}  // namespace

TEST_CASE("every finite f16 widens to the number it stands for, with its sign") {
  for (unsigned bits = 0; bits < 0x10000; ++bits) {
    if (((bits >> 10) & 31) == 31) continue;
    const float wide = f16_to_f32(static_cast<std::uint16_t>(bits));
    REQUIRE(std::bit_cast<std::uint32_t>(wide) ==
            std::bit_cast<std::uint32_t>(f16_by_definition(static_cast<std::uint16_t>(bits))));
  }
}

TEST_CASE("f16 infinities and NaN payloads stay what they are") {
  CHECK(f16_to_f32(0x7C00) == std::numeric_limits<float>::infinity());
  CHECK(f16_to_f32(0xFC00) == -std::numeric_limits<float>::infinity());
  CHECK(std::bit_cast<std::uint32_t>(f16_to_f32(0x7E01)) == 0x7FC02000U);
  CHECK(std::bit_cast<std::uint32_t>(f16_to_f32(0xFC01)) == 0xFF802000U);
}

TEST_CASE("plain formats") {
  CHECK(numbers(DType::f32, raw(1.25F) + raw(-3.0F), 2) == std::vector<float>{1.25F, -3.0F});
  CHECK(numbers(DType::f16, raw(one) + raw(minus_half), 2) == std::vector<float>{1.0F, -0.5F});
  CHECK(numbers(DType::bf16, raw(std::uint16_t{0x3F80}) + raw(std::uint16_t{0xC040}), 2) ==
        std::vector<float>{1.0F, -3.0F});
}

TEST_CASE("q4_0: scale times (nibble - 8)") {
  const std::vector<float> out = numbers(DType::q4_0, raw(minus_half) + nibbles(), 32);
  for (int j = 0; j < 16; ++j) {
    CHECK(out[j] == -0.5F * static_cast<float>(j - 8));
    CHECK(out[j + 16] == -0.5F * static_cast<float>(7 - j));
  }
  CHECK(std::signbit(out[8]));  // -0.5 * 0 is -0, as in ggml
}

TEST_CASE("q4_1: scale times nibble plus minimum") {
  const std::vector<float> out = numbers(DType::q4_1, raw(one) + raw(minus_half) + nibbles(), 32);
  for (int j = 0; j < 16; ++j) {
    CHECK(out[j] == static_cast<float>(j) - 0.5F);
    CHECK(out[j + 16] == static_cast<float>(15 - j) - 0.5F);
  }
}

TEST_CASE("q5_0 and q5_1: the fifth bit of number i is bit i of a word") {
  const std::uint32_t fifths = 0x80010001U;  // numbers 0, 16 and 31
  const auto number = [](int i) { return (i < 16 ? i : 31 - i) + (i == 0 || i == 16 || i == 31 ? 16 : 0); };
  const std::vector<float> centred = numbers(DType::q5_0, raw(one) + raw(fifths) + nibbles(), 32);
  const std::vector<float> offset = numbers(DType::q5_1, raw(one) + raw(minus_half) + raw(fifths) + nibbles(), 32);
  for (int i = 0; i < 32; ++i) {
    CHECK(centred[i] == static_cast<float>(number(i) - 16));
    CHECK(offset[i] == static_cast<float>(number(i)) - 0.5F);
  }
}

TEST_CASE("q8_0: scale times signed byte") {
  std::string bytes = raw(minus_half);
  for (int j = 0; j < 32; ++j) bytes += static_cast<char>(j * 8 - 128);
  const std::vector<float> out = numbers(DType::q8_0, bytes, 32);
  for (int j = 0; j < 32; ++j) CHECK(out[j] == -0.5F * static_cast<float>(j * 8 - 128));
}

TEST_CASE("iq4_nl: scale times one of 16 values") {
  const std::vector<float> values = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  const std::vector<float> out = numbers(DType::iq4_nl, raw(minus_half) + nibbles(), 32);
  for (std::size_t j = 0; j < 16; ++j) {
    CHECK(out[j] == -0.5F * values[j]);
    CHECK(out[j + 16] == -0.5F * values[15 - j]);
  }
}

TEST_CASE("iq4_xs: each part of 32 has a scale of 6 bits, counted from -32") {
  // Scales 0, 7, 14, ... 49: the low four bits two to a byte, the high two in a word.
  std::string low(4, '\0');
  std::uint16_t high = 0;
  for (unsigned part = 0; part < 8; ++part) {
    low[part / 2] = static_cast<char>(low[part / 2] | (7 * part & 15) << (4 * (part % 2)));
    high = static_cast<std::uint16_t>(high | (7 * part >> 4) << (2 * part));
  }
  std::string block = raw(minus_half) + raw(high) + low;
  for (int part = 0; part < 8; ++part) block += nibbles();
  const std::vector<float> out = numbers(DType::iq4_xs, block, 256);
  const std::vector<float> plain = numbers(DType::iq4_nl, raw(one) + nibbles(), 32);
  for (std::size_t i = 0; i < 256; ++i)
    CHECK(out[i] == -0.5F * (7.0F * static_cast<float>(i / 32) - 32.0F) * plain[i % 32]);
}

TEST_CASE("q2_k: sixteen groups of 16, each with a scale and a minimum of 4 bits") {
  std::string block, packed(64, '\0');
  for (int group = 0; group < 16; ++group) block += static_cast<char>(group | (15 - group) << 4);
  const auto number = [](std::size_t i) { return (i * 7 + i / 32) % 4; };
  for (std::size_t i = 0; i < 256; ++i) {
    char& byte = packed[i / 128 * 32 + i % 32];
    byte = static_cast<char>(byte | number(i) << (i % 128 / 32 * 2));
  }
  const std::vector<float> out = numbers(DType::q2_k, block + packed + raw(minus_half) + raw(one), 256);
  for (std::size_t i = 0; i < 256; ++i)
    CHECK(out[i] == -0.5F * static_cast<float>(i / 16 * number(i)) - static_cast<float>(15 - i / 16));
}

TEST_CASE("q3_k: sixteen groups of 16, each with a scale of 6 bits counted from -32; numbers count from -4") {
  std::string thirds(32, '\0'), packed(64, '\0'), scales(12, '\0');
  const auto number = [](std::size_t i) { return (i * 5 + i / 32) % 8; };
  const auto scale = [](std::size_t group) { return (group * 27 + 3) % 64; };
  for (std::size_t i = 0; i < 256; ++i) {
    char& byte = packed[i / 128 * 32 + i % 32];
    byte = static_cast<char>(byte | (number(i) & 3) << (i % 128 / 32 * 2));
    thirds[i % 32] = static_cast<char>(thirds[i % 32] | number(i) >> 2 << (i / 32));
  }
  for (std::size_t group = 0; group < 16; ++group) {
    char& low = scales[group % 8];
    low = static_cast<char>(low | (scale(group) & 15) << (group / 8 * 4));
    char& high = scales[8 + group % 4];
    high = static_cast<char>(high | scale(group) >> 4 << (group / 4 * 2));
  }
  const std::vector<float> out = numbers(DType::q3_k, thirds + packed + scales + raw(minus_half), 256);
  for (std::size_t i = 0; i < 256; ++i)
    CHECK(out[i] == -0.5F * (static_cast<float>(scale(i / 16)) - 32.0F) * (static_cast<float>(number(i)) - 4.0F));
}

TEST_CASE("data at any address and several blocks in a row") {
  for (const DType dtype :
       {DType::f32, DType::f16, DType::bf16, DType::q4_0, DType::q4_1, DType::q5_0, DType::q5_1, DType::q8_0,
        DType::q2_k, DType::q3_k, DType::q4_k, DType::q5_k, DType::q6_k, DType::iq4_nl, DType::iq4_xs}) {
    const DTypeInfo& format = info(dtype);
    const std::size_t count = 5 * 256;
    std::string bytes;
    for (std::size_t i = 0; i < count / format.block * format.block_bytes; ++i)
      bytes += static_cast<char>(i % format.block_bytes == 1 ? 0x2C : i * 37 % 101);
    const std::vector<float> aligned = numbers(dtype, bytes, count);
    for (std::size_t shift = 1; shift < 8; ++shift) {
      const std::string moved = std::string(shift, 'x') + bytes;
      std::vector<float> out(count);
      dequantise(dtype, reinterpret_cast<const std::byte*>(moved.data() + shift), count, out.data());
      CHECK(std::memcmp(out.data(), aligned.data(), count * sizeof(float)) == 0);
    }
  }
}

TEST_CASE("nothing at all may be converted") {
  CHECK_NOTHROW(dequantise(DType::f32, nullptr, 0, nullptr));
  CHECK_NOTHROW(dequantise(DType::q4_0, nullptr, 0, nullptr));
}

TEST_CASE("what cannot be converted is refused") {
  std::array<std::byte, 64> bytes{};
  std::array<float, 64> out{};
  for (const DType dtype : {DType::i8, DType::u8, DType::i16, DType::i32, DType::i64, DType::f64, DType::boolean}) {
    try {
      dequantise(dtype, bytes.data(), 1, out.data());
      FAIL("converted");
    } catch (const Error& error) {
      CHECK(error.code() == Code::unsupported);
      CHECK(std::string(error.what()).find(info(dtype).name) != std::string::npos);
    }
  }
  try {
    dequantise(DType::q8_0, bytes.data(), 33, out.data());
    FAIL("half a block");
  } catch (const Error& error) {
    CHECK(error.code() == Code::invalid_argument);
  }
}
