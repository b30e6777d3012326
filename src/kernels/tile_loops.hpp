// Products of small blocks of matrices, and what is done to a block of results while it is still in the first cache:
// the parts of linear.cpp and attention.cpp that depend on the instruction set. Compiled as loops.cpp is.
//
// A product is C [rows, 32] = A [rows, k] * B [k, 32], A by rows, C in f32. B is a *panel*: for f32 its k rows of 32
// numbers one after the other; for bf16 each two rows are interleaved, (k0,0) (k1,0) (k0,1) (k1,1) ..., which is the
// order that the dot-product instructions of AVX-512 and AMX read. k is a multiple of 32, rows one of 16.
#pragma once

#include <cstdint>

#include "kernels/loops.hpp"

namespace pmtune::kernels {

inline constexpr std::int64_t kPanel = 32;  // columns of a panel; sizes that are no multiple take the plain path

template <class T>
struct TypedTiles {
  // Before the first and after the last product of a thread (AMX is configured and released).
  void (*begin)();
  void (*end)();
  // c = a b, or c += a b
  void (*product)(const T* a, std::int64_t lda, std::int64_t rows, const T* panel, std::int64_t k, float* c,
                  std::int64_t ldc, bool add);

  // 32 rows of w [., k] become the columns of a panel; those from `count` on are zero.
  void (*pack_rows)(const T* w, std::int64_t ldw, std::int64_t count, std::int64_t k, T* panel);
  // w [k, 32 n] becomes n panels, `stride` elements apart; rows from `count` on are zero.
  void (*pack_columns)(const T* w, std::int64_t ldw, std::int64_t count, std::int64_t k, std::int64_t n, T* panels,
                       std::int64_t stride);
  // y [columns, rows] = x^T; both sizes multiples of 16
  void (*transpose)(const T* x, std::int64_t ldx, std::int64_t rows, std::int64_t columns, T* y, std::int64_t ldy);

  // What becomes of results c [rows, columns]; columns a multiple of 32.
  void (*store)(const float* c, std::int64_t ldc, T* y, std::int64_t ldy, std::int64_t rows, std::int64_t columns);
  // y [columns, rows] = c^T, column i of c times column_scale[i] (none when null); both sizes multiples of 16
  void (*store_transposed)(const float* c, std::int64_t ldc, const float* column_scale, T* y, std::int64_t ldy,
                           std::int64_t rows, std::int64_t columns);
  // y = x + c
  void (*add)(const float* c, std::int64_t ldc, const float* x, float* y, std::int64_t ldy, std::int64_t rows,
              std::int64_t columns);
  // For each Activation: gate and up are stored, act = activation(gate) * up
  void (*glu[kActivations])(const float* gate, const float* up, std::int64_t ldc, T* gate_out, T* up_out,
                            std::int64_t ldo, T* act, std::int64_t ld_act, std::int64_t rows, std::int64_t columns);
  // From d_act: gate and up become their gradients, act is filled again.
  void (*glu_backward[kActivations])(const float* d_act, std::int64_t ldc, T* gate, T* up, std::int64_t ldo, T* act,
                                     std::int64_t ld_act, std::int64_t rows, std::int64_t columns);

  // Causal softmax of the scores s [keys, 32] of 32 queries, the last of which stand at the last 32 keys; scale is
  // above 0. p = exp(s * scale - top), not yet divided by its sum; log_sum_exp and 1 / sum [32]. s is changed.
  void (*softmax)(float* s, T* p, float scale, std::int64_t keys, float* log_sum_exp, float* inverse_sum);
  // Of scores [keys, queries]: p = exp(s * scale - lse[query]), ds = p * (dp - delta[query]) * scale. causal: the
  // first key and the first query stand at one place, and both are zero where the query stands before the key.
  void (*softmax_backward)(const float* s, const float* dp, std::int64_t ld, const float* log_sum_exp,
                           const float* delta, float scale, T* p, T* ds, std::int64_t ldp, std::int64_t rows,
                           std::int64_t columns, bool causal);
  // sums[r] = x[r] . y[r]
  void (*row_dots)(const T* x, std::int64_t ldx, const T* y, std::int64_t ldy, float* sums, std::int64_t rows,
                   std::int64_t columns);
};

struct Tiles {
  const char* name;
  TypedTiles<float> f32;
  TypedTiles<Bf16> bf16;
};

// The best table for this machine; $PMTUNE_ISA (default, avx2, avx512, avx512_bf16, amx) chooses a lesser one.
const Tiles& tiles();

template <class T>
const TypedTiles<T>& tiles_of() {
  return of_type<T>(tiles());
}

namespace isa_default {
extern const Tiles tiles;
}
namespace isa_avx2 {
extern const Tiles tiles;
}
namespace isa_avx512 {
extern const Tiles tiles;
}
namespace isa_avx512_bf16 {
extern const Tiles tiles;
}
namespace isa_neon_bf16 {
extern const Tiles tiles;
}

// AMX replaces the product of bf16 tiles only.
namespace amx {
// Asks the kernel for the use of the tile registers; false where there are none.
bool available();
void begin();
void end();
void product(const Bf16* a, std::int64_t lda, std::int64_t rows, const Bf16* panel, std::int64_t k, float* c,
             std::int64_t ldc, bool add);
}  // namespace amx

}  // namespace pmtune::kernels
