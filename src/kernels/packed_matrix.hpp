// A frozen matrix W [out, in] as the products of decode_loops.hpp read it. Quantised blocks of whole numbers are
// copied into panels of 16 rows, without loss: their numbers and scales are those of the file. Other blocks are
// dequantised a few rows at a time, and dense matrices are read where they are.
//
// Immutable after construction: any number of threads may multiply. The matrix that it was made of must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/decode_loops.hpp"
#include "kernels/frozen_matrix.hpp"

namespace pmtune::kernels {

// Rows that a matrix is multiplied with, in both forms; bytes only where the matrix takes them.
struct DecodeRows {
  const float* floats;  // [rows, columns]
  ByteRows bytes;
  std::int64_t count;
};

class PackedMatrix {
 public:
  PackedMatrix() = default;
  explicit PackedMatrix(const FrozenMatrix& matrix);

  std::int64_t rows() const { return rows_; }
  std::int64_t columns() const { return columns_; }
  // Whether some of its rows are multiplied as bytes.
  bool takes_bytes() const;
  std::int64_t own_bytes() const;

  // What can be done apart from each other: 16 rows of W each, the last of a part perhaps fewer.
  std::int64_t tasks() const { return tasks_; }
  // y [x.count, ldy]: the columns that belong to the task become x W^T, or are added to. scratch: scratch_floats().
  void multiply(std::int64_t task, const DecodeRows& x, float* y, std::int64_t ldy, bool add, float* scratch) const;
  // For up to `rows` rows of x.
  std::int64_t scratch_floats(std::int64_t rows) const;
  // The rows of W of a task.
  std::int64_t first_row(std::int64_t task) const;
  std::int64_t row_count(std::int64_t task) const;

 private:
  enum class Kind : std::uint8_t { packed, blocks, f32, bf16 };
  struct Part {
    Kind kind;
    Packing packing;                    // packed
    std::unique_ptr<std::byte[]> data;  // packed: its panels
    std::size_t bytes = 0;
    BlockRows blocks;  // blocks
    const void* dense = nullptr;
    std::int64_t row;  // first of W
    std::int64_t rows;
    std::int64_t first_task;
  };
  void add_part(Part part);
  void pack(const BlockRows& rows, Part& part) const;
  const Part& part_of(std::int64_t task) const;

  std::vector<Part> parts_;
  std::int64_t rows_ = 0, columns_ = 0, tasks_ = 0;
  at::Tensor keep_;
};

}  // namespace pmtune::kernels
