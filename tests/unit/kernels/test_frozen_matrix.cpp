#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <cstring>
#include <random>
#include <vector>

#include "files/block_formats.hpp"
#include "kernels/frozen_matrix.hpp"
#include "kernels/loops.hpp"
#include "kernels/ops.hpp"
#include "random_blocks.hpp"
#include "unit/isa/tables.hpp"

using namespace pmtune;
using files::DType;
using kernels::BlockRows;
using kernels::FrozenMatrix;
using test::random_blocks;

namespace {

constexpr std::int64_t kRows = 24, kColumns = 768;

at::Tensor reference(DType dtype, const std::vector<std::byte>& bytes, std::int64_t rows) {
  at::Tensor out = at::empty({rows, kColumns});
  files::dequantise(dtype, bytes.data(), static_cast<std::size_t>(rows * kColumns), out.data_ptr<float>());
  return out;
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  return a.nbytes() == b.nbytes() && std::memcmp(a.data_ptr(), b.data_ptr(), a.nbytes()) == 0;
}

}  // namespace

TEST_CASE("rows in blocks dequantise bit for bit as the file's own reader does, in f32 and rounded in bf16") {
  for (DType dtype : test::kBlockFormats) {
    CAPTURE(std::string(files::info(dtype).name));
    const std::vector<std::byte> bytes = random_blocks(dtype, kRows * kColumns, 1);
    const at::Tensor expected = reference(dtype, bytes, kRows);
    const BlockRows rows{dtype, bytes.data(), kRows, 0};
    at::Tensor wide = at::empty({kRows, kColumns}), narrow = at::empty({kRows, kColumns}, at::kBFloat16);
    kernels::dequantise_rows(rows, wide);
    kernels::dequantise_rows(rows, narrow);
    CHECK(same_bits(wide, expected));
    CHECK(same_bits(narrow, expected.to(at::kBFloat16)));
    kernels::UseReference plain;
    kernels::dequantise_rows(rows, narrow);
    CHECK(same_bits(narrow, expected.to(at::kBFloat16)));
  }
}

TEST_CASE("every instruction set of this machine converts blocks alike") {
  for (const test::Tables& tables : test::tables()) {
    const kernels::Loops* const table = tables.loops;
    CAPTURE(table->name);
    const auto check = [&](DType dtype, auto loop) {
      const std::vector<std::byte> bytes = random_blocks(dtype, kRows * kColumns, 2);
      at::Tensor out = at::empty({kRows, kColumns});
      loop(reinterpret_cast<const unsigned char*>(bytes.data()), 0, kRows * kColumns / 32, out.data_ptr<float>());
      CHECK(same_bits(out, reference(dtype, bytes, kRows)));
    };
    check(DType::q4_0, table->f32.from_q4_0);
    check(DType::q4_1, table->f32.from_q4_1);
    check(DType::q8_0, table->f32.from_q8_0);
    check(DType::nf4, table->f32.from_nf4);
  }
}

TEST_CASE("a matrix of several tensors, some with interleaved heads, is put together as it is when dense") {
  const std::vector<std::byte> query = random_blocks(DType::q4_0, 16 * kColumns, 3),
                               value = random_blocks(DType::q8_0, 8 * kColumns, 4);
  const FrozenMatrix matrix({{DType::q4_0, query.data(), 16, 8}, {DType::q8_0, value.data(), 8, 0}}, kColumns,
                            at::kFloat, nullptr);
  CHECK(matrix.in_blocks());
  CHECK(matrix.rows() == kRows);
  CHECK(matrix.columns() == kColumns);
  CHECK(matrix.bytes() == static_cast<std::int64_t>(query.size() + value.size()));
  CHECK(matrix.scratch_bytes() == kRows * kColumns * 4);
  at::Tensor scratch;
  const at::Tensor whole = matrix.dense(scratch), q = reference(DType::q4_0, query, 16);
  // Heads of 8 rows: row i of the first half lies at 2i, row i of the second half at 2i + 1.
  for (std::int64_t head = 0; head < 2; ++head)
    for (std::int64_t i = 0; i < 4; ++i) {
      CHECK(whole[head * 8 + i].equal(q[head * 8 + 2 * i]));
      CHECK(whole[head * 8 + 4 + i].equal(q[head * 8 + 2 * i + 1]));
    }
  CHECK(whole.narrow(0, 16, 8).equal(reference(DType::q8_0, value, 8)));
}

TEST_CASE("the scratch is kept from matrix to matrix and grows only when it must") {
  const std::vector<std::byte> large = random_blocks(DType::q4_0, kRows * kColumns, 5),
                               small = random_blocks(DType::q4_0, 8 * kColumns, 6);
  const FrozenMatrix a({{DType::q4_0, large.data(), kRows, 0}}, kColumns, at::kBFloat16, nullptr),
      b({{DType::q4_0, small.data(), 8, 0}}, kColumns, at::kBFloat16, nullptr);
  at::Tensor scratch;
  a.dense(scratch);
  const void* place = scratch.data_ptr();
  CHECK(b.dense(scratch).data_ptr() == place);
  CHECK(scratch.numel() == kRows * kColumns);
}

TEST_CASE("an embedding in blocks gives the rows that were asked for") {
  const std::vector<std::byte> bytes = random_blocks(DType::q4_1, kRows * kColumns, 7);
  const FrozenMatrix table({{DType::q4_1, bytes.data(), kRows, 0}}, kColumns, at::kFloat, nullptr);
  const at::Tensor ids = at::tensor(std::vector<std::int64_t>{5, 0, 23, 5});
  CHECK(table.take_rows(ids).equal(reference(DType::q4_1, bytes, kRows).index_select(0, ids)));
  CHECK_THROWS(table.take_rows(at::tensor(std::vector<std::int64_t>{kRows})));
}
