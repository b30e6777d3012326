// The arithmetic of writing an answer, on the CPU: products of packed matrices with a few rows of 8-bit numbers, and
// attention to cached keys. Compiled once for each instruction set, as loops.cpp is (see loops.hpp on why).
//
// What becomes of a row does not depend on how many rows are multiplied at once, bit for bit: each result is the same
// operations in the same order. All that the engine promises of batches, caches and guesses stands on this.
#pragma once

#include <cstdint>

#include "kernels/loops.hpp"

namespace pmtune::kernels {

inline constexpr std::int64_t kScaleBlock = 32;  // columns that share a scale
inline constexpr std::int64_t kPackRows = 16;    // rows of a packed panel
inline constexpr std::int64_t kKeyBlock = 32;    // tokens whose keys stand together in the cache

// Rows of numbers as 8-bit integers (as ggml's Q8_1): x ~ scale * q, one scale for each 32 numbers, |q| <= 127. Sums
// of q are kept in the forms that the products begin with.
struct ByteRows {
  std::int8_t* q = nullptr;                  // [rows, columns]
  float* scale = nullptr;                    // [rows, columns / 32]
  float* scaled_sum = nullptr;               // [rows, columns / 32]: scale * sum of q
  std::int32_t* minus_8_sums = nullptr;      // [rows, columns / 32]: -8 * sum
  std::int32_t* minus_128_sums = nullptr;    // [rows, columns / 32]
  std::int32_t* minus_128_halves = nullptr;  // [rows, columns / 16]
  std::int64_t columns = 0;

  ByteRows from(std::int64_t row) const {
    const std::int64_t blocks = columns / kScaleBlock;
    return {q + row * columns,
            scale + row * blocks,
            scaled_sum + row * blocks,
            minus_8_sums + row * blocks,
            minus_128_sums + row * blocks,
            minus_128_halves + 2 * row * blocks,
            columns};
  }
};

// How a panel of 16 rows of a matrix is packed. For each 32 columns: the numbers, so that four columns of each of the
// 16 rows stand together; the 16 scales; the 16 minimums. Numbers of 4 bits: a byte holds columns k and k + 16.
enum class Packing : std::uint8_t {
  q4_scale16,          // (number - 8) * f16                       Q4_0
  q4_scale16_minimum,  // number * f16 + f16                       Q4_1
  q4_scale32_minimum,  // number * f32 + f32                       Q4_K
  q8_scale16,          // (number - 128) * f16                     Q8_0, Q5_0, IQ4_NL
  q8_scale32,          // (number - 128) * f32                     IQ4_XS
  q8_scale16_minimum,  // number * f16 + f16                       Q5_1
  q8_scale32_minimum,  // number * f32 + f32                       Q5_K
  q8_two_scales32,     // (number - 128) * f32, of 16 columns each  Q6_K, Q3_K
};
inline constexpr int kPackings = 8;

struct PackingSize {
  std::int64_t numbers, scales, minimums;  // bytes of 32 columns of a panel
  std::int64_t block() const { return numbers + scales + minimums; }
};
constexpr PackingSize size_of(Packing packing) {
  switch (packing) {
    case Packing::q4_scale16: return {256, 32, 0};
    case Packing::q4_scale16_minimum: return {256, 32, 32};
    case Packing::q4_scale32_minimum: return {256, 64, 64};
    case Packing::q8_scale16: return {512, 32, 0};
    case Packing::q8_scale32: return {512, 64, 0};
    case Packing::q8_scale16_minimum: return {512, 32, 32};
    case Packing::q8_scale32_minimum: return {512, 64, 64};
    case Packing::q8_two_scales32: return {512, 128, 0};
  }
  return {};
}

// Keys or values of 32 tokens and one head, as the cache holds them. Keys [head_dim, 32], values [32, head_dim]; of 8
// bits they have a scale for each token.
template <class T>
struct KeyBlock {
  const T* keys;
  const T* values;
  const float* key_scales;    // [32]; null unless T has 8 bits
  const float* value_scales;  // [32]
};

// Queries of one head of keys, at most kQueries at once.
inline constexpr std::int64_t kQueries = 8;
template <class T>
struct QueriesOfHead {
  const KeyBlock<T>* blocks;    // of the text, in order
  std::int64_t count;           // queries
  const float* const* queries;  // [count] of [head_dim]
  const std::int64_t* begin;    // [count]: the first key that a query sees
  const std::int64_t* end;      // [count]: behind the last
  std::int64_t head_dim;
  float scale;     // of the scores
  float soft_cap;  // 0: none
  float* scores;   // scratch [count, round_up(largest end, 32)]
  std::int64_t score_stride;
  float* const* out;  // [count] of [head_dim]
};

struct DecodeLoops {
  const char* name;

  // One row x [columns]; columns is a multiple of 32.
  void (*quantise)(const float* x, const ByteRows& row);

  // y [rows, 16] = the products of a panel with rows of x; added to what y holds when `add`.
  void (*product[kPackings])(const unsigned char* panel, const ByteRows& x, std::int64_t rows, float* y,
                             std::int64_t ldy, bool add);

  // y [rows, count] = x w^T, w [count, columns]. Sums run in lanes along the columns.
  void (*product_f32)(const float* w, std::int64_t ldw, std::int64_t count, std::int64_t columns, const float* x,
                      std::int64_t ldx, std::int64_t rows, float* y, std::int64_t ldy, bool add);
  void (*product_bf16)(const Bf16* w, std::int64_t ldw, std::int64_t count, std::int64_t columns, const float* x,
                       std::int64_t ldx, std::int64_t rows, float* y, std::int64_t ldy, bool add);

  // y [rows, 16] += h [rows, rank] b, b [rank, 16]
  void (*add_low_rank)(const float* b, std::int64_t rank, const float* h, std::int64_t ldh, std::int64_t rows,
                       float* y, std::int64_t ldy);

  void (*attend_f32)(const QueriesOfHead<float>& queries);
  void (*attend_bf16)(const QueriesOfHead<Bf16>& queries);
  void (*attend_int8)(const QueriesOfHead<std::int8_t>& queries);
};

// The best table for this machine; $PMTUNE_ISA (default, avx2, avxvnni, avx512) chooses a lesser one for tests.
const DecodeLoops& decode_loops();
// All that this machine can run, the best first.
const DecodeLoops* const* all_decode_loops(std::int64_t& count);

namespace isa_default {
extern const DecodeLoops decode_table;
}
namespace isa_avx2 {
extern const DecodeLoops decode_table;
}
namespace isa_avxvnni {
extern const DecodeLoops decode_table;
}
namespace isa_avx512 {
extern const DecodeLoops decode_table;
}
namespace isa_avx512_vnni {
extern const DecodeLoops decode_table;
}
namespace isa_neon_dot {
extern const DecodeLoops decode_table;
}

}  // namespace pmtune::kernels
