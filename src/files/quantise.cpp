#include "files/quantise.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "base/fail.hpp"
#include "files/nf4_values.hpp"

namespace pmtune::files {
namespace {

constexpr std::size_t kBlock = 32;
// A scale below this is stored as 0: products with it would leave the normal range of f32.
constexpr float kLeastScale = 1e-30F;

void store_f16(float value, std::byte* out) {
  const std::uint16_t bits = f32_to_f16(value);
  std::memcpy(out, &bits, sizeof bits);
}

// Byte j holds number j in its low half and number j + 16 in its high half.
void store_nibbles(const std::array<std::uint8_t, kBlock>& numbers, std::byte* out) {
  for (std::size_t j = 0; j < kBlock / 2; ++j)
    out[j] = static_cast<std::byte>(numbers[j] | numbers[j + kBlock / 2] << 4);
}

void to_q4_0(const float* x, std::byte* out) {
  const float most = *std::max_element(x, x + kBlock, [](float a, float b) { return std::fabs(a) < std::fabs(b); });
  const float scale = most / -8.0F, inverse = scale == 0 ? 0 : 1.0F / scale;
  store_f16(scale, out);
  std::array<std::uint8_t, kBlock> numbers{};
  for (std::size_t j = 0; j < kBlock; ++j) {
    // In f64, as the gguf package has it: ggml's own result depends on whether the compiler fuses the addition.
    const double shifted = static_cast<double>(x[j]) * static_cast<double>(inverse) + 8.5;
    numbers[j] = static_cast<std::uint8_t>(std::clamp(shifted, 0.0, 15.0));
  }
  store_nibbles(numbers, out + 2);
}

void to_q8_0(const float* x, std::byte* out) {
  float most = 0;
  for (std::size_t j = 0; j < kBlock; ++j) most = std::max(most, std::fabs(x[j]));
  const float scale = most / 127.0F, inverse = scale == 0 ? 0 : 1.0F / scale;
  store_f16(scale, out);
  for (std::size_t j = 0; j < kBlock; ++j)
    out[2 + j] = static_cast<std::byte>(static_cast<std::int8_t>(std::round(x[j] * inverse)));
}

// Half way between one value and the next.
constexpr std::array<float, 15> kBoundaries = [] {
  std::array<float, 15> boundaries{};
  for (std::size_t i = 0; i < boundaries.size(); ++i) boundaries[i] = (kNf4Values[i] + kNf4Values[i + 1]) / 2;
  return boundaries;
}();

void to_nf4(const float* x, std::byte* out) {
  float most = 0;
  for (std::size_t j = 0; j < 2 * kBlock; ++j) most = std::max(most, std::fabs(x[j]));
  if (most < kLeastScale) most = 0;
  const float inverse = most == 0 ? 0 : 1.0F / most;
  std::memcpy(out, &most, sizeof most);
  for (std::size_t part = 0; part < 2; ++part) {
    std::array<std::uint8_t, kBlock> numbers{};
    for (const float boundary : kBoundaries)  // counted, without branches
      for (std::size_t j = 0; j < kBlock; ++j) numbers[j] += x[part * kBlock + j] * inverse > boundary;
    store_nibbles(numbers, out + sizeof most + part * kBlock / 2);
  }
}

using Quantiser = void (*)(const float*, std::byte*);  // of one block

Quantiser quantiser(DType dtype) {
  switch (dtype) {
    case DType::q4_0: return to_q4_0;
    case DType::q8_0: return to_q8_0;
    case DType::nf4: return to_nf4;
    default: return nullptr;
  }
}

}  // namespace

void quantise(DType dtype, const float* numbers, std::size_t count, std::byte* out) {
  const DTypeInfo& format = info(dtype);
  const Quantiser to_block = quantiser(dtype);
  if (!to_block || count % format.block != 0)
    fail(Code::internal, count, " numbers cannot be quantised to ", format.name, "; please report this.");
  for (std::size_t done = 0; done < count; done += format.block, out += format.block_bytes)
    to_block(numbers + done, out);
}

}  // namespace pmtune::files
