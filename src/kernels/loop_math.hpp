// What the files that are compiled once for each instruction set share (loops.cpp, tile_loops.cpp). All of it is
// internal to each of them: see loops.hpp on why.
#pragma once

#include "kernels/loops.hpp"

#define PMTUNE_JOIN_(a, b) a##b
#define PMTUNE_JOIN(a, b) PMTUNE_JOIN_(a, b)
#define PMTUNE_TEXT_(a) #a
#define PMTUNE_TEXT(a) PMTUNE_TEXT_(a)

namespace pmtune::kernels {
namespace {

using i64 = std::int64_t;

inline float load(const float& x) { return x; }
inline float load(const Bf16& x) { return __builtin_bit_cast(float, static_cast<std::uint32_t>(x) << 16); }
inline void store(float& y, float value) { y = value; }
inline void store(Bf16& y, float value) {
  // Round to nearest even. NaN stays NaN: its payload could otherwise be rounded away.
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, value);
  const std::uint32_t rounded = (bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16;
  const bool is_nan = (bits & 0x7FFFFFFFu) > 0x7F800000u;
  y = static_cast<Bf16>(is_nan ? 0x7FC0u : rounded);
}

// One rounding where the instruction exists; without it, a library call for each element would be far slower than
// two.
inline float multiply_add(float a, float b, float c) {
#ifdef __FMA__
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

// exp by 2^n * 2^f with a polynomial of degree 6 on |f| <= 1/2 (coefficients: Taylor of 2^f, relative error below
// 2e-7).
inline float fast_exp(float x) {
  x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
  const float scaled = x * 1.44269504088896341f;
  const float shifted = scaled + 12582912.0f;  // 1.5 * 2^23: rounds to the nearest integer
  const float n = shifted - 12582912.0f;
  // The remainder in two parts keeps the last bits.
  const float f = multiply_add(n, -0.693145751953125f, x);
  const float r = multiply_add(n, -1.42860682030941723e-6f, f);
  float p = 1.0f / 5040;
  p = multiply_add(p, r, 1.0f / 720);
  p = multiply_add(p, r, 1.0f / 120);
  p = multiply_add(p, r, 1.0f / 24);
  p = multiply_add(p, r, 1.0f / 6);
  p = multiply_add(p, r, 0.5f);
  p = multiply_add(p, r, 1.0f);
  p = multiply_add(p, r, 1.0f);
  const std::int32_t exponent = static_cast<std::int32_t>(n);
  return p * __builtin_bit_cast(float, (exponent + 127) << 23);
}

inline float sigmoid(float x) { return 1.0f / (1.0f + fast_exp(-x)); }

// The activations (activation.hpp) are x * sigmoid(inside(x)); slope is the derivative of inside.
struct Silu {
  static float inside(float x) { return x; }
  static float slope(float) { return 1.0f; }
};
struct GeluTanh {
  static constexpr float kFactor = 1.59576912160573071f;  // 2 sqrt(2/pi)
  static constexpr float kCubic = 0.044715f;
  static float inside(float x) { return kFactor * x * multiply_add(kCubic * x, x, 1.0f); }
  static float slope(float x) { return kFactor * multiply_add(3.0f * kCubic * x, x, 1.0f); }
};

// Sums in independent lanes: the order is fixed, so the result does not depend on the vector width.
constexpr i64 kLanes = 32;

template <class Term>
inline float lane_sum(i64 count, Term term) {
  float lanes[kLanes] = {};
  i64 i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (i64 lane = 0; lane < kLanes; ++lane) lanes[lane] += term(i + lane);
  float sum = 0;
  for (; i < count; ++i) sum += term(i);
  for (i64 width = kLanes / 2; width > 0; width /= 2)
    for (i64 lane = 0; lane < width; ++lane) lanes[lane] += lanes[lane + width];
  return sum + lanes[0];
}

template <class T>
inline float row_max(const T* __restrict row, i64 count) {
  float lanes[kLanes];
  for (i64 lane = 0; lane < kLanes; ++lane) lanes[lane] = -3.4e38f;
  i64 i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (i64 lane = 0; lane < kLanes; ++lane) {
      const float value = load(row[i + lane]);
      lanes[lane] = value > lanes[lane] ? value : lanes[lane];
    }
  float best = -3.4e38f;
  for (; i < count; ++i) best = load(row[i]) > best ? load(row[i]) : best;
  for (i64 lane = 0; lane < kLanes; ++lane) best = lanes[lane] > best ? lanes[lane] : best;
  return best;
}

}  // namespace
}  // namespace pmtune::kernels
