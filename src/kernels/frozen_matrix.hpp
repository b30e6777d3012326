// A frozen weight matrix W [out, in]: dense in the compute dtype, or as quantised blocks, which are dequantised where
// they are used: those of its file, mapped as they are, or others made of it. A matrix in blocks costs a quarter of
// its bf16 form in memory; dequantising it costs out * in conversions, whatever the number of tokens that use the
// result.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "files/block_formats.hpp"

namespace pmtune::kernels {

// Consecutive output rows as one tensor of a file holds them.
struct BlockRows {
  files::DType dtype;
  const std::byte* data;
  std::int64_t rows;
  // Head size where the file stores the two halves of each RoPE pair as neighbours (llama.cpp's order of query and
  // key); 0 where the rows stand in order.
  std::int64_t interleaved_head;

  std::int64_t file_row(std::int64_t row) const {
    if (interleaved_head == 0) return row;
    const std::int64_t half = interleaved_head / 2, head = row / interleaved_head, within = row % interleaved_head;
    return head * interleaved_head + 2 * (within % half) + within / half;
  }
};

// Rows [first, first + out.size(0)) of `rows` into out [n, in], contiguous f32 or bf16 on the CPU. Bit for bit what
// files::dequantise gives, rounded to nearest even for bf16.
void dequantise_rows(const BlockRows& rows, at::Tensor& out, std::int64_t first = 0);

class FrozenMatrix {
 public:
  FrozenMatrix() = default;
  FrozenMatrix(at::Tensor dense) : dense_(std::move(dense)) {}
  // dtype: what it is dequantised to. keep holds the blocks; mapped: they lie in a mapped file.
  FrozenMatrix(std::vector<BlockRows> parts, std::int64_t columns, at::ScalarType dtype,
               std::shared_ptr<const void> keep, bool mapped = false);

  bool in_blocks() const { return !parts_.empty(); }
  // Of the first part; null when dense.
  const files::DTypeInfo* block_format() const { return in_blocks() ? &files::info(parts_.front().dtype) : nullptr; }
  const std::vector<BlockRows>& parts() const { return parts_; }  // none when dense
  std::int64_t rows() const { return in_blocks() ? rows_ : dense_.size(0); }
  std::int64_t columns() const { return in_blocks() ? columns_ : dense_.size(1); }
  std::int64_t bytes() const;
  // Of these, what this process holds in memory of its own.
  std::int64_t own_bytes() const { return mapped_ ? 0 : bytes(); }
  // What dense() needs of its scratch.
  std::int64_t scratch_bytes() const;

  // [out, in]. Blocks are dequantised into `scratch`, which is made as large as needed: the result is valid until the
  // next call with the same scratch.
  at::Tensor dense(at::Tensor& scratch) const;

  // Panels (tile_loops.hpp) of W^T: rows [32 panel, 32 (panel + count)) and columns [k0, k0 + kn) of W, each panel
  // kn * 32 elements. spare: 64 * max(kn, 32 count) elements. T is the compute dtype; a matrix in blocks must be cut
  // at multiples of 32 (as all are that kernels/linear.cpp asks for).
  template <class T>
  void pack_rows(std::int64_t panel, std::int64_t count, std::int64_t k0, std::int64_t kn, T* panels, T* spare,
                 bool reference) const;
  // Panels of W: columns [32 panel, 32 (panel + count)) and rows [k0, k0 + kn).
  template <class T>
  void pack_columns(std::int64_t panel, std::int64_t count, std::int64_t k0, std::int64_t kn, T* panels, T* spare,
                    bool reference) const;

  // Rows of the matrix, as an embedding is read: ids int64 [T] -> f32 [T, in].
  at::Tensor take_rows(const at::Tensor& ids) const;
  // One of them into out [in], on the CPU.
  void read_row(std::int64_t row, float* out) const;
  bool defined() const { return in_blocks() || dense_.defined(); }

 private:
  template <class T>
  void take_part(std::int64_t row, std::int64_t rows, std::int64_t column, std::int64_t columns, T* out,
                 bool reference) const;

  at::Tensor dense_;
  std::vector<BlockRows> parts_;
  std::int64_t rows_ = 0, columns_ = 0;
  at::ScalarType dtype_ = at::kFloat;
  std::shared_ptr<const void> keep_;
  bool mapped_ = false;
};

}  // namespace pmtune::kernels
