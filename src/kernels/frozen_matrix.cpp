#include "kernels/frozen_matrix.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "kernels/loops.hpp"
#include "kernels/ops.hpp"

namespace pmtune::kernels {
using files::DType;

namespace {

std::size_t row_bytes(DType dtype, std::int64_t columns) {
  const files::DTypeInfo& form = files::info(dtype);
  return static_cast<std::size_t>(columns) / form.block * form.block_bytes;
}

// The loop that writes this format in the element type of `out` directly; null where there is none.
template <class T>
auto direct_loop(const TypedLoops<T>& loops, DType dtype) {
  switch (dtype) {
    case DType::q4_0: return loops.from_q4_0;
    case DType::q4_1: return loops.from_q4_1;
    case DType::q8_0: return loops.from_q8_0;
    default: return decltype(loops.from_q4_0){nullptr};
  }
}

template <class T>
void convert_rows(const BlockRows& source, const TypedLoops<T>& loops, T* out, std::int64_t begin, std::int64_t end,
                  std::int64_t columns, bool reference) {
  const std::size_t stride = row_bytes(source.dtype, columns);
  const auto direct = reference ? nullptr : direct_loop(loops, source.dtype);
  std::vector<float> wide(direct ? 0 : static_cast<std::size_t>(columns));
  for (std::int64_t row = begin; row < end; ++row) {
    const std::byte* from = source.data + static_cast<std::size_t>(source.file_row(row)) * stride;
    T* to = out + row * columns;
    if (direct) {
      direct(reinterpret_cast<const unsigned char*>(from), to, columns / 32);
    } else {
      files::dequantise(source.dtype, from, static_cast<std::size_t>(columns), wide.data());
      loops.from_f32(wide.data(), to, columns);
    }
  }
}

}  // namespace

void dequantise_rows(const BlockRows& source, at::Tensor& out) {
  const std::int64_t columns = out.size(1);
  const bool reference = UseReference::active();  // a property of this thread, not of those that do the work
  at::parallel_for(
      0, out.size(0), std::max<std::int64_t>(1, 65536 / columns), [&](std::int64_t begin, std::int64_t end) {
        if (out.scalar_type() == at::kBFloat16)
          convert_rows(source, loops().bf16, static_cast<Bf16*>(out.data_ptr()), begin, end, columns, reference);
        else
          convert_rows(source, loops().f32, out.data_ptr<float>(), begin, end, columns, reference);
      });
}

FrozenMatrix::FrozenMatrix(std::vector<BlockRows> parts, std::int64_t columns, at::ScalarType dtype,
                           std::shared_ptr<const void> file)
    : parts_(std::move(parts)), columns_(columns), dtype_(dtype), file_(std::move(file)) {
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
