#include "kernels/frozen_matrix.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "kernels/element_type.hpp"
#include "kernels/ops.hpp"
#include "kernels/tile_loops.hpp"

namespace pmtune::kernels {
using files::DType;

namespace {

std::size_t row_bytes(DType dtype, std::int64_t columns) {
  return files::stored_bytes(dtype, static_cast<std::size_t>(columns));
}

// The loop that writes this format in the element type of `out` directly; null where there is none.
template <class T>
FromBlocks<T> direct_loop(DType dtype) {
  const TypedLoops<T>& loops = loops_of<T>();
  switch (dtype) {
    case DType::q4_0: return loops.from_q4_0;
    case DType::q4_1: return loops.from_q4_1;
    case DType::q8_0: return loops.from_q8_0;
    case DType::q2_k: return loops.from_q2_k;
    case DType::q3_k: return loops.from_q3_k;
    case DType::q4_k: return loops.from_q4_k;
    case DType::q5_k: return loops.from_q5_k;
    case DType::q6_k: return loops.from_q6_k;
    case DType::iq4_nl: return loops.from_iq4_nl;
    case DType::iq4_xs: return loops.from_iq4_xs;
    case DType::nf4: return loops.from_nf4;
    default: return nullptr;
  }
}

const std::byte* row_of(const BlockRows& source, std::int64_t row, std::int64_t row_columns) {
  return source.data + static_cast<std::size_t>(source.file_row(row)) * row_bytes(source.dtype, row_columns);
}

// One row's columns [column, column + count), multiples of 32.
template <class T>
void convert_part(const BlockRows& source, std::int64_t row, std::int64_t row_columns, std::int64_t column,
                  std::int64_t count, T* out, bool reference, std::vector<float>& wide) {
  const std::byte* const from = row_of(source, row, row_columns);
  if (const FromBlocks<T> direct = reference ? nullptr : direct_loop<T>(source.dtype))
    return direct(reinterpret_cast<const unsigned char*>(from), column / 32, count / 32, out);
  wide.resize(static_cast<std::size_t>(count));
  files::dequantise_part(source.dtype, from, static_cast<std::size_t>(column), static_cast<std::size_t>(count),
                         wide.data());
  loops_of<T>().from_f32(wide.data(), out, count);
}

constexpr std::int64_t kRowsAhead = 12;

// Asks for a part of a row that will be wanted soon: such parts are far apart, and the processor does not foresee
// them.
void prefetch_part(const BlockRows& source, std::int64_t row, std::int64_t row_columns, std::int64_t column,
                   std::int64_t count) {
  if (row >= source.rows) return;
  // Whole blocks around the part.
  const std::int64_t block = static_cast<std::int64_t>(files::info(source.dtype).block);
  const std::byte* const begin = row_of(source, row, row_columns);
  const std::byte* from = begin + row_bytes(source.dtype, column / block * block);
  const std::byte* const end = begin + row_bytes(source.dtype, (column + count + block - 1) / block * block);
  for (; from < end; from += 64) __builtin_prefetch(from);
  __builtin_prefetch(end - 1);
}

template <class T>
void convert_rows(const BlockRows& source, std::int64_t first, T* out, std::int64_t begin, std::int64_t end,
                  std::int64_t columns, bool reference) {
  std::vector<float> wide;
  for (std::int64_t row = begin; row < end; ++row)
    convert_part(source, first + row, columns, 0, columns, out + row * columns, reference, wide);
}

}  // namespace

void dequantise_rows(const BlockRows& source, at::Tensor& out, std::int64_t first) {
  const std::int64_t columns = out.size(1);
  const bool reference = UseReference::active();  // a property of this thread, not of those that do the work
  at::parallel_for(0, out.size(0), std::max<std::int64_t>(1, 65536 / columns),
                   [&](std::int64_t begin, std::int64_t end) {
                     by_type(out, [&](auto tag) {
                       convert_rows(source, first, data<decltype(tag)>(out), begin, end, columns, reference);
                     });
                   });
}

FrozenMatrix::FrozenMatrix(std::vector<BlockRows> parts, std::int64_t columns, at::ScalarType dtype,
                           std::shared_ptr<const void> keep, bool mapped)
    : parts_(std::move(parts)), columns_(columns), dtype_(dtype), keep_(std::move(keep)), mapped_(mapped) {
  for (const BlockRows& part : parts_) rows_ += part.rows;
}

std::int64_t FrozenMatrix::bytes() const {
  if (!in_blocks()) return static_cast<std::int64_t>(dense_.nbytes());
  std::int64_t bytes = 0;
  for (const BlockRows& part : parts_)
    bytes += part.rows * static_cast<std::int64_t>(row_bytes(part.dtype, columns_));
  return bytes;
}

std::int64_t FrozenMatrix::scratch_bytes() const {
  return in_blocks() ? rows_ * columns_ * static_cast<std::int64_t>(c10::elementSize(dtype_)) : 0;
}

at::Tensor FrozenMatrix::dense(at::Tensor& scratch) const {
  if (!in_blocks()) return dense_;
  if (!scratch.defined() || scratch.numel() < rows_ * columns_ || scratch.scalar_type() != dtype_)
    scratch = at::empty({rows_ * columns_}, at::TensorOptions().dtype(dtype_));
  const at::Tensor whole = scratch.narrow(0, 0, rows_ * columns_).view({rows_, columns_});
  std::int64_t at_row = 0;
  for (const BlockRows& part : parts_) {
    at::Tensor rows = whole.narrow(0, at_row, part.rows);
    dequantise_rows(part, rows);
    at_row += part.rows;
  }
  return whole;
}

// Rows [row, row + rows) of columns [column, column + columns), contiguous in out.
template <class T>
void FrozenMatrix::take_part(std::int64_t row, std::int64_t rows, std::int64_t column, std::int64_t columns, T* out,
                             bool reference) const {
  thread_local std::vector<float> wide;
  auto part = parts_.begin();
  std::int64_t first = 0;  // of this part
  for (std::int64_t r = row; r < row + rows; ++r, out += columns) {
    while (r >= first + part->rows) first += (part++)->rows;
    if (columns < columns_) prefetch_part(*part, r - first + kRowsAhead, columns_, column, columns);
    convert_part(*part, r - first, columns_, column, columns, out, reference, wide);
  }
}

template <class T>
void FrozenMatrix::pack_rows(std::int64_t panel, std::int64_t count, std::int64_t k0, std::int64_t kn, T* panels,
                             T* spare, bool reference) const {
  const TypedTiles<T>& tile = tiles_of<T>();
  for (std::int64_t p = 0; p < count; ++p, panels += kn * kPanel) {
    const std::int64_t row = (panel + p) * kPanel;
    if (in_blocks()) {
      take_part(row, kPanel, k0, kn, spare, reference);
      tile.pack_rows(spare, kn, kPanel, kn, panels);
    } else {
      const std::int64_t stride = dense_.size(1);
      tile.pack_rows(data<const T>(dense_) + row * stride + k0, stride, kPanel, kn, panels);
    }
  }
}

template <class T>
void FrozenMatrix::pack_columns(std::int64_t panel, std::int64_t count, std::int64_t k0, std::int64_t kn, T* panels,
                                T* spare, bool reference) const {
  const TypedTiles<T>& tile = tiles_of<T>();
  if (!in_blocks()) {
    const std::int64_t stride = dense_.size(1);
    return tile.pack_columns(data<const T>(dense_) + k0 * stride + panel * kPanel, stride, kn, kn, count, panels,
                             kn * kPanel);
  }
  constexpr std::int64_t kRows = 64;
  for (std::int64_t k = 0; k < kn; k += kRows) {
    const std::int64_t rows = std::min(kRows, kn - k);
    take_part(k0 + k, rows, panel * kPanel, count * kPanel, spare, reference);
    tile.pack_columns(spare, count * kPanel, rows, rows, count, panels + k * kPanel, kn * kPanel);
  }
}

template void FrozenMatrix::pack_rows(std::int64_t, std::int64_t, std::int64_t, std::int64_t, float*, float*,
                                      bool) const;
template void FrozenMatrix::pack_rows(std::int64_t, std::int64_t, std::int64_t, std::int64_t, Bf16*, Bf16*,
                                      bool) const;
template void FrozenMatrix::pack_columns(std::int64_t, std::int64_t, std::int64_t, std::int64_t, float*, float*,
                                         bool) const;
template void FrozenMatrix::pack_columns(std::int64_t, std::int64_t, std::int64_t, std::int64_t, Bf16*, Bf16*,
                                         bool) const;

void FrozenMatrix::read_row(std::int64_t row, float* out) const {
  if (in_blocks()) return take_part(row, 1, 0, columns_, out, false);
  by_type(dense_, [&](auto tag) {
    const auto* const from = data<const decltype(tag)>(dense_) + row * columns();
    for (std::int64_t i = 0; i < columns(); ++i)
      if constexpr (sizeof(tag) == sizeof(float))
        out[i] = from[i];
      else
        out[i] = files::bf16_to_f32(from[i]);
  });
}

at::Tensor FrozenMatrix::take_rows(const at::Tensor& ids) const {
  if (!in_blocks()) return dense_.index_select(0, ids).to(at::kFloat);
  const at::Tensor on_cpu = ids.to(at::kCPU, at::kLong).contiguous();
  at::Tensor out = at::empty({ids.size(0), columns_}, at::TensorOptions().dtype(dtype_));
  const BlockRows& table = parts_.front();  // an embedding is one tensor
  for (std::int64_t i = 0; i < ids.size(0); ++i) {
    const std::int64_t id = on_cpu.data_ptr<std::int64_t>()[i];
    TORCH_CHECK_INDEX(id >= 0 && id < rows_, "token id out of range");
    BlockRows one = table;
    one.data += static_cast<std::size_t>(id) * row_bytes(table.dtype, columns_);
    one.rows = 1;
    at::Tensor row = out.narrow(0, i, 1);
    dequantise_rows(one, row);
  }
  return out.to(at::kFloat);
}

}  // namespace pmtune::kernels
