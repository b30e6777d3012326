// The element-wise loops of a decoder on the CPU, as plain functions over rows. loops.cpp is compiled once for each
// instruction set and the table for this machine is chosen at run time. No standard header is used there: an inline
// function compiled for AVX-512 must not be the one that the linker keeps for everybody.
//
// Two element types: f32, and bf16 as its 16 bits. Arithmetic is f32 in both. Rows are contiguous.
#pragma once

#include <cstdint>

#include "kernels/activation.hpp"

namespace pmtune::kernels {

using Bf16 = std::uint16_t;

// Numbers of a row that is stored in quantised blocks as GGUF has them (files/block_formats.hpp, whose f32 results
// these equal bit for bit): its parts of 32 from `first` on. Simple formats have one part a block, K formats eight,
// NF4 two.
template <class T>
using FromBlocks = void (*)(const unsigned char* row, std::int64_t first, std::int64_t parts, T* y);

template <class T>
struct TypedLoops {
  // y = x * rstd * weight, rstd = 1 / sqrt(mean(x^2) + eps). x f32 [rows, d]; rstd f32 [rows] (may be null).
  void (*rms_norm)(const float* x, const float* weight, float eps, T* y, float* rstd, std::int64_t rows,
                   std::int64_t d);
  // The same with rstd known.
  void (*rms_norm_again)(const float* x, const float* weight, const float* rstd, T* y, std::int64_t rows,
                         std::int64_t d);
  // dx += d(rms_norm)/dx * dy
  void (*rms_norm_backward)(const T* dy, const float* x, const float* weight, const float* rstd, float* dx,
                            std::int64_t rows, std::int64_t d);
  // Rotates `heads` heads of size `dim` at the start of each row (row stride in elements), pairs (i, i + dim/2), by
  // the angles whose cos and sin are given for each row [rows, dim/2]; sign -1 rotates back.
  void (*rope)(T* x, std::int64_t stride, const float* cos, const float* sin, float sign, std::int64_t rows,
               std::int64_t heads, std::int64_t dim);
  // The RMS norm of each of the `heads` heads of size `dim` at the start of each row, in place; raw (may be null)
  // receives what they were.
  void (*head_norm)(T* x, std::int64_t stride, const float* weight, float eps, T* raw, std::int64_t raw_stride,
                    std::int64_t rows, std::int64_t heads, std::int64_t dim);
  // dx: gradient of the normed heads in, of the raw ones out
  void (*head_norm_backward)(T* dx, std::int64_t stride, const T* raw, std::int64_t raw_stride, const float* weight,
                             float eps, std::int64_t rows, std::int64_t heads, std::int64_t dim);
  // For each Activation: act = activation(gate) * up; gate_up [rows, 2f] holds gate, then up
  void (*glu[kActivations])(const T* gate_up, T* act, std::int64_t rows, std::int64_t f);
  // From d_act: overwrites gate_up with its gradient, and act with activation(gate) * up again (the backward of the
  // next linear layer needs it).
  void (*glu_backward[kActivations])(const T* d_act, T* gate_up, T* act, std::int64_t rows, std::int64_t f);
  // For each row of logits: loss = logsumexp - logits[target]; logits become (softmax - onehot(target)) * scale. When
  // scale is 0 the logits stay as they are.
  void (*cross_entropy)(T* logits, const std::int64_t* targets, float scale, float* losses, std::int64_t rows,
                        std::int64_t vocabulary);
  // y += x
  void (*add_to)(const T* x, float* y, std::int64_t count);
  void (*from_f32)(const float* x, T* y, std::int64_t count);
  FromBlocks<T> from_q4_0, from_q4_1, from_q8_0, from_q2_k, from_q3_k, from_q4_k, from_q5_k, from_q6_k, from_iq4_nl,
      from_iq4_xs, from_nf4;
};

struct Loops {
  const char* name;
  TypedLoops<float> f32;
  TypedLoops<Bf16> bf16;
};

// The best table for this machine; $PMTUNE_ISA (default, avx2, avx512, avx512_bf16) chooses a lesser one for tests.
const Loops& loops();

// The part of a table that is for one element type.
template <class T, class Table>
const auto& of_type(const Table& table) {
  if constexpr (sizeof(T) == sizeof(float))
    return table.f32;
  else
    return table.bf16;
}

template <class T>
const TypedLoops<T>& loops_of() {
  return of_type<T>(loops());
}

namespace isa_default {
extern const Loops table;
}
namespace isa_avx2 {
extern const Loops table;
}
namespace isa_avx512 {
extern const Loops table;
}
namespace isa_avx512_bf16 {
extern const Loops table;
}
namespace isa_neon_bf16 {
extern const Loops table;
}

}  // namespace pmtune::kernels
