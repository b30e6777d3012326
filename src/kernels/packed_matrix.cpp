#include "kernels/packed_matrix.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

#include "files/block_numbers.hpp"
#include "files/mapped_file.hpp"
#include "kernels/pack_panel.hpp"

namespace pmtune::kernels {
namespace {

constexpr std::int64_t kTail = 16;  // scratch floats for each row where a task has fewer than 16 rows of W

}  // namespace

PackedMatrix::PackedMatrix(const FrozenMatrix& matrix) : columns_(matrix.columns()) {
  if (!matrix.in_blocks()) {
    at::Tensor scratch;
    keep_ = matrix.dense(scratch);
    Part part{};
    part.kind = keep_.scalar_type() == at::kFloat ? Kind::f32 : Kind::bf16;
    part.dense = keep_.data_ptr();
    part.rows = keep_.size(0);
    add_part(std::move(part));
    return;
  }
  for (const BlockRows& rows : matrix.parts()) {
    Part part{};
    part.rows = rows.rows;
    const files::NumberForm* const form = files::number_form(rows.dtype);
    if (form && columns_ % kScaleBlock == 0) {
      part.kind = Kind::packed;
      part.packing = packing_of(*form);
      pack(rows, part);
      // What was read of a mapped file need not be held twice.
      const std::size_t row_bytes = files::stored_bytes(rows.dtype, static_cast<std::size_t>(columns_));
      if (matrix.own_bytes() == 0) files::forget_pages({rows.data, static_cast<std::size_t>(rows.rows) * row_bytes});
    } else {
      part.kind = Kind::blocks;
      part.blocks = rows;
    }
    add_part(std::move(part));
  }
}

void PackedMatrix::add_part(Part part) {
  part.row = rows_;
  part.first_task = tasks_;
  rows_ += part.rows;
  tasks_ += (part.rows + kPackRows - 1) / kPackRows;
  parts_.push_back(std::move(part));
}

void PackedMatrix::pack(const BlockRows& rows, Part& part) const {
  const std::int64_t panels = (rows.rows + kPackRows - 1) / kPackRows;
  const std::size_t panel_bytes = panel_size(part.packing, columns_);
  const std::size_t row_bytes = files::stored_bytes(rows.dtype, static_cast<std::size_t>(columns_));
  part.bytes = static_cast<std::size_t>(panels) * panel_bytes;
  part.data.reset(new std::byte[part.bytes]);
  at::parallel_for(0, panels, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t panel = begin; panel < end; ++panel) {
      std::byte* const to = part.data.get() + static_cast<std::size_t>(panel) * panel_bytes;
      if ((panel + 1) * kPackRows > rows.rows) std::memset(to, 0, panel_bytes);
      for (std::int64_t lane = 0; lane < kPackRows && panel * kPackRows + lane < rows.rows; ++lane) {
        const std::int64_t row = rows.file_row(panel * kPackRows + lane);
        const std::byte* const from = rows.data + static_cast<std::size_t>(row) * row_bytes;
        pack_row(rows.dtype, from, columns_, lane, to);
      }
    }
  });
}

bool PackedMatrix::takes_bytes() const {
  return std::any_of(parts_.begin(), parts_.end(), [](const Part& part) { return part.kind == Kind::packed; });
}

std::int64_t PackedMatrix::own_bytes() const {
  std::size_t bytes = 0;
  for (const Part& part : parts_) bytes += part.bytes;
  return static_cast<std::int64_t>(bytes);
}

const PackedMatrix::Part& PackedMatrix::part_of(std::int64_t task) const {
  std::size_t i = parts_.size() - 1;
  while (parts_[i].first_task > task) --i;
  return parts_[i];
}

std::int64_t PackedMatrix::first_row(std::int64_t task) const {
  const Part& part = part_of(task);
  return part.row + (task - part.first_task) * kPackRows;
}

std::int64_t PackedMatrix::row_count(std::int64_t task) const {
  const Part& part = part_of(task);
  return std::min(kPackRows, part.rows - (task - part.first_task) * kPackRows);
}

std::int64_t PackedMatrix::scratch_floats(std::int64_t rows) const {
  std::int64_t most = kTail * rows;
  for (const Part& part : parts_)
    if (part.kind == Kind::blocks) most = std::max(most, kPackRows * columns_);
  return most;
}

void PackedMatrix::multiply(std::int64_t task, const DecodeRows& x, float* y, std::int64_t ldy, bool add,
                            float* scratch) const {
  const Part& part = part_of(task);
  const DecodeLoops& loops = decode_loops();
  const std::int64_t panel = task - part.first_task, first = panel * kPackRows,
                     count = std::min(kPackRows, part.rows - first);
  float* const out = y + part.row + first;
  switch (part.kind) {
    case Kind::f32:
      return loops.product_f32(static_cast<const float*>(part.dense) + first * columns_, columns_, count, columns_,
                               x.floats, columns_, x.count, out, ldy, add);
    case Kind::bf16:
      return loops.product_bf16(static_cast<const Bf16*>(part.dense) + first * columns_, columns_, count, columns_,
                                x.floats, columns_, x.count, out, ldy, add);
    case Kind::blocks: {
      const std::size_t row_bytes = files::stored_bytes(part.blocks.dtype, static_cast<std::size_t>(columns_));
      for (std::int64_t r = 0; r < count; ++r)
        files::dequantise(part.blocks.dtype,
                          part.blocks.data + static_cast<std::size_t>(part.blocks.file_row(first + r)) * row_bytes,
                          static_cast<std::size_t>(columns_), scratch + r * columns_);
      return loops.product_f32(scratch, columns_, count, columns_, x.floats, columns_, x.count, out, ldy, add);
    }
    case Kind::packed: break;
  }
  const std::size_t panel_bytes = panel_size(part.packing, columns_);
  const auto* const packed =
      reinterpret_cast<const unsigned char*>(part.data.get() + static_cast<std::size_t>(panel) * panel_bytes);
  const auto product = loops.product[static_cast<int>(part.packing)];
  if (count == kPackRows) return product(packed, x.bytes, x.count, out, ldy, add);
  product(packed, x.bytes, x.count, scratch, kTail, false);
  for (std::int64_t r = 0; r < x.count; ++r)
    for (std::int64_t i = 0; i < count; ++i) {
      float& to = out[r * ldy + i];
      to = add ? to + scratch[r * kTail + i] : scratch[r * kTail + i];
    }
}

}  // namespace pmtune::kernels
