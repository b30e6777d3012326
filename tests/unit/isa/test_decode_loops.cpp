// The products and the attention of answers, for every instruction set that this processor can run: against
// definitions in f64, and each row alone against the same row in company, bit for bit. Without torch
// (scripts/check-arm).
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/decode_loops.hpp"
#include "kernels/pack_panel.hpp"
#include "unit/kernels/random_blocks.hpp"

using namespace pmtune;
using namespace pmtune::kernels;
using i64 = std::int64_t;

namespace {

std::vector<const DecodeLoops*> tables() {
  i64 count = 0;
  const DecodeLoops* const* all = all_decode_loops(count);
  return {all, all + count};
}

std::vector<float> random_numbers(i64 count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> numbers(static_cast<std::size_t>(count));
  for (float& number : numbers) number = normal(random);
  return numbers;
}

// Rows as bytes, in memory of their own.
struct Rows {
  std::vector<std::int8_t> q;
  std::vector<float> scale, scaled_sum;
  std::vector<std::int32_t> eights, wholes, halves;
  ByteRows rows;

  Rows(const DecodeLoops& loops, const std::vector<float>& x, i64 columns) {
    const auto count = x.size();
    q.resize(count);
    scale.resize(count / 32);
    scaled_sum.resize(count / 32);
    eights.resize(count / 32);
    wholes.resize(count / 32);
    halves.resize(count / 16);
    rows = {q.data(), scale.data(), scaled_sum.data(), eights.data(), wholes.data(), halves.data(), columns};
    for (std::size_t row = 0; row * static_cast<std::size_t>(columns) < count; ++row)
      loops.quantise(x.data() + row * static_cast<std::size_t>(columns), rows.from(static_cast<i64>(row)));
  }
  double value(i64 row, i64 k) const {
    const auto at = static_cast<std::size_t>(row * rows.columns + k);
    return static_cast<double>(q[at]) * static_cast<double>(scale[at / 32]);
  }
};

// Blocks of ordinary size: the scales that test exactness elsewhere would hide everything else.
std::vector<std::byte> ordinary_blocks(files::DType dtype, i64 numbers, unsigned seed) {
  std::vector<std::byte> bytes = test::random_blocks(dtype, numbers, seed);
  const files::DTypeInfo& form = files::info(dtype);
  const std::uint16_t scales[] = {0x2C00, 0xA823, 0x2E66, 0x2801};
  for (std::size_t b = 0; b * form.block_bytes < bytes.size(); ++b) {
    std::byte* const scale = bytes.data() + b * form.block_bytes + test::scale_place(dtype);
    std::memcpy(scale, &scales[b % 4], 2);
    if (test::has_minimum(dtype)) std::memcpy(scale + 2, &scales[(b + 1) % 4], 2);
  }
  return bytes;
}

void check_product(const DecodeLoops& loops, files::DType dtype) {
  const i64 columns = 512, rows = 11;
  const std::size_t row_bytes = files::stored_bytes(dtype, 512);
  const auto blocks = ordinary_blocks(dtype, 16 * columns, 7);
  const Packing packing = packing_of(*files::number_form(dtype));
  std::vector<std::byte> panel(panel_size(packing, columns));
  std::vector<float> w(16 * 512);
  for (std::size_t r = 0; r < 16; ++r) {
    pack_row(dtype, blocks.data() + r * row_bytes, columns, static_cast<i64>(r), panel.data());
    files::dequantise(dtype, blocks.data() + r * row_bytes, 512, w.data() + r * 512);
  }
  const auto numbers = random_numbers(rows * columns, 3);
  const Rows x(loops, numbers, columns);
  const auto product = loops.product[static_cast<int>(packing)];
  const auto* const packed = reinterpret_cast<const unsigned char*>(panel.data());
  std::vector<float> y(static_cast<std::size_t>(rows) * 20, 0.5F), one(16);
  product(packed, x.rows, rows, y.data(), 20, true);
  double worst = 0, largest = 0;
  for (i64 r = 0; r < rows; ++r) {
    for (i64 o = 0; o < 16; ++o) {
      double sum = 0.5;
      for (i64 k = 0; k < columns; ++k)
        sum += x.value(r, k) * static_cast<double>(w[static_cast<std::size_t>(o * columns + k)]);
      worst = std::max(worst, std::fabs(sum - static_cast<double>(y[static_cast<std::size_t>(r * 20 + o)])));
      largest = std::max(largest, std::fabs(sum));
    }
    product(packed, x.rows.from(r), 1, one.data(), 16, false);
    for (float& number : one) number = 0.5F + number;
    CHECK(std::memcmp(one.data(), y.data() + r * 20, sizeof(float) * 16) == 0);
  }
  CHECK(worst / largest < 2e-6);
}

double softmax_attention(const std::vector<double>& q, const std::vector<std::vector<double>>& keys,
                         const std::vector<std::vector<double>>& values, i64 begin, i64 end, double scale, double cap,
                         std::size_t d) {
  double top = -1e30, sum = 0, out = 0;
  std::vector<double> scores;
  for (i64 j = begin; j < end; ++j) {
    double score = 0;
    for (std::size_t i = 0; i < q.size(); ++i) score += q[i] * keys[static_cast<std::size_t>(j)][i];
    score *= scale;
    if (cap > 0) score = cap * std::tanh(score / cap);
    scores.push_back(score);
    top = std::max(top, score);
  }
  for (double& score : scores) sum += score = std::exp(score - top);
  for (std::size_t j = 0; j < scores.size(); ++j)
    out += scores[j] / sum * values[static_cast<std::size_t>(begin) + j][d];
  return out;
}

float wide(float x) { return x; }
float wide(Bf16 x) { return __builtin_bit_cast(float, static_cast<std::uint32_t>(x) << 16); }
float wide(std::int8_t x) { return static_cast<float>(x); }
void narrow(float value, float& out) { out = value; }
void narrow(float value, Bf16& out) {
  out = static_cast<Bf16>((__builtin_bit_cast(std::uint32_t, value) + 0x8000u) >> 16);
}
void narrow(float value, std::int8_t& out) { out = static_cast<std::int8_t>(std::lround(value * 20)); }

template <class T>
void check_attention(const DecodeLoops& loops, void (*attend)(const QueriesOfHead<T>&), i64 dim, double cap) {
  CAPTURE(loops.name);
  CAPTURE(dim);
  const i64 tokens = 75, blocks = 3, count = 11;
  std::vector<T> keys(static_cast<std::size_t>(blocks * 32 * dim)), values(keys.size());
  std::vector<float> key_scales(96), value_scales(96);
  const auto numbers = random_numbers(2 * 96 * dim, 5), asked = random_numbers(count * dim, 6);
  std::vector<std::vector<double>> k(96, std::vector<double>(static_cast<std::size_t>(dim))), v(k);
  for (i64 t = 0; t < 96; ++t) {
    key_scales[static_cast<std::size_t>(t)] = sizeof(T) == 1 ? 0.05F + 0.001F * static_cast<float>(t % 7) : 1.0F;
    value_scales[static_cast<std::size_t>(t)] = sizeof(T) == 1 ? 0.04F + 0.001F * static_cast<float>(t % 5) : 1.0F;
    for (i64 d = 0; d < dim; ++d) {
      T& key = keys[static_cast<std::size_t>(t / 32 * 32 * dim + d * 32 + t % 32)];
      T& value = values[static_cast<std::size_t>(t * dim + d)];
      narrow(numbers[static_cast<std::size_t>(t * dim + d)], key);
      narrow(numbers[static_cast<std::size_t>((96 + t) * dim + d)], value);
      k[static_cast<std::size_t>(t)][static_cast<std::size_t>(d)] =
          static_cast<double>(wide(key)) * static_cast<double>(key_scales[static_cast<std::size_t>(t)]);
      v[static_cast<std::size_t>(t)][static_cast<std::size_t>(d)] =
          static_cast<double>(wide(value)) * static_cast<double>(value_scales[static_cast<std::size_t>(t)]);
    }
  }
  std::vector<KeyBlock<T>> list;
  for (i64 b = 0; b < blocks; ++b)
    list.push_back({keys.data() + b * 32 * dim, values.data() + b * 32 * dim,
                    sizeof(T) == 1 ? key_scales.data() + 32 * b : nullptr,
                    sizeof(T) == 1 ? value_scales.data() + 32 * b : nullptr});
  std::vector<float> out(static_cast<std::size_t>(count * dim)), alone(static_cast<std::size_t>(dim)),
      scores(static_cast<std::size_t>(count * 96));
  std::vector<const float*> queries;
  std::vector<float*> outs;
  std::vector<i64> begins, ends;
  for (i64 q = 0; q < count; ++q) {
    queries.push_back(asked.data() + q * dim);
    outs.push_back(out.data() + q * dim);
    ends.push_back(tokens - count + q + 1);
    begins.push_back(q % 2 == 0 ? 0 : ends.back() - 37);
  }
  QueriesOfHead<T> h{list.data(),   count, queries.data(), begins.data(),
                     ends.data(),   dim,   0.125F,         static_cast<float>(cap),
                     scores.data(), 96,    outs.data()};
  attend(h);
  for (i64 q = 0; q < count; ++q) {
    const auto at = static_cast<std::size_t>(q);
    std::vector<double> query(asked.begin() + q * dim, asked.begin() + (q + 1) * dim);
    for (i64 d = 0; d < dim; ++d) {
      const double truth =
          softmax_attention(query, k, v, begins[at], ends[at], 0.125, cap, static_cast<std::size_t>(d));
      CHECK(std::fabs(truth - static_cast<double>(out[static_cast<std::size_t>(q * dim + d)])) < 3e-6);
    }
    float* const own = alone.data();
    const QueriesOfHead<T> single{list.data(),   1,   &queries[at], &begins[at],
                                  &ends[at],     dim, 0.125F,       static_cast<float>(cap),
                                  scores.data(), 96,  &own};
    attend(single);
    CHECK(std::memcmp(own, out.data() + q * dim, sizeof(float) * static_cast<std::size_t>(dim)) == 0);
  }
}

}  // namespace

TEST_CASE("rows become bytes to the nearest, with their sums") {
  for (const DecodeLoops* loops : tables()) {
    CAPTURE(loops->name);
    auto numbers = random_numbers(96, 1);
    std::fill(numbers.begin() + 32, numbers.begin() + 64, 0.0F);
    const Rows x(*loops, numbers, 96);
    for (i64 b = 0; b < 3; ++b) {
      const auto block = static_cast<std::size_t>(b);
      int sum = 0, first = 0;
      for (i64 i = 32 * b; i < 32 * b + 32; ++i) {
        CHECK(std::fabs(x.value(0, i) - static_cast<double>(numbers[static_cast<std::size_t>(i)])) <=
              0.5001 * static_cast<double>(x.scale[block]));
        sum += x.q[static_cast<std::size_t>(i)];
        if (i % 32 == 15) first = sum;
      }
      CHECK(x.eights[block] == -8 * sum);
      CHECK(x.wholes[block] == -128 * sum);
      CHECK(x.halves[2 * block] == -128 * first);
      CHECK(x.halves[2 * block + 1] == -128 * (sum - first));
      CHECK(x.scaled_sum[block] == doctest::Approx(x.scale[block] * static_cast<float>(sum)).epsilon(1e-6));
    }
  }
}

TEST_CASE("products of packed panels are those of the file's numbers, whatever stands beside a row") {
  for (const DecodeLoops* loops : tables())
    for (const files::DType dtype : test::kBlockFormats) {
      if (!files::number_form(dtype)) continue;
      CAPTURE(loops->name);
      CAPTURE(std::string(files::info(dtype).name));
      check_product(*loops, dtype);
    }
}

TEST_CASE("numbers and scales of blocks are what dequantising multiplies") {
  for (const files::DType dtype : test::kBlockFormats) {
    const files::NumberForm* const form = files::number_form(dtype);
    if (!form) continue;
    CAPTURE(std::string(files::info(dtype).name));
    const auto blocks = test::random_blocks(dtype, 2048, 9);
    for (std::size_t part = 0; part < 64; ++part) {
      files::BlockNumbers numbers;
      files::read_block_numbers(dtype, blocks.data(), part, numbers);
      std::vector<float> truth(32);
      files::dequantise_part(dtype, blocks.data(), 32 * part, 32, truth.data());
      for (std::size_t i = 0; i < 32; ++i) {
        const float product = numbers.scale[i / 16] * static_cast<float>(numbers.number[i] - form->offset);
        CHECK(product + numbers.minimum == truth[i]);
        CHECK((!form->four_bits || numbers.number[i] < 16));
        CHECK((form->two_scales || numbers.scale[0] == numbers.scale[1]));
      }
    }
  }
}

TEST_CASE("dense products and low-rank additions") {
  for (const DecodeLoops* loops : tables()) {
    CAPTURE(loops->name);
    const i64 columns = 83, count = 13, rows = 7, rank = 5;
    const auto w = random_numbers(count * columns, 1), x = random_numbers(rows * columns, 2),
               b = random_numbers(rank * 16, 3), h = random_numbers(rows * rank, 4);
    std::vector<Bf16> narrow_w(w.size());
    for (std::size_t i = 0; i < w.size(); ++i) narrow(w[i], narrow_w[i]);
    std::vector<float> y(static_cast<std::size_t>(rows * 16), 1.0F), z(y), one(16);
    loops->product_f32(w.data(), columns, count, columns, x.data(), columns, rows, y.data(), 16, true);
    loops->product_bf16(narrow_w.data(), columns, count, columns, x.data(), columns, rows, z.data(), 16, false);
    for (i64 r = 0; r < rows; ++r) {
      for (i64 o = 0; o < count; ++o) {
        double sum = 1, narrow_sum = 0;
        for (i64 k = 0; k < columns; ++k) {
          const auto at = static_cast<std::size_t>(o * columns + k);
          const double of_x = static_cast<double>(x[static_cast<std::size_t>(r * columns + k)]);
          sum += of_x * static_cast<double>(w[at]);
          narrow_sum += of_x * static_cast<double>(wide(narrow_w[at]));
        }
        CHECK(std::fabs(sum - static_cast<double>(y[static_cast<std::size_t>(r * 16 + o)])) < 2e-5);
        CHECK(std::fabs(narrow_sum - static_cast<double>(z[static_cast<std::size_t>(r * 16 + o)])) < 2e-5);
      }
      loops->product_bf16(narrow_w.data(), columns, count, columns, x.data() + r * columns, columns, 1, one.data(),
                          16, false);
      CHECK(std::memcmp(one.data(), z.data() + r * 16, sizeof(float) * static_cast<std::size_t>(count)) == 0);
    }
    std::vector<float> sums(static_cast<std::size_t>(rows * 16), 2.0F);
    loops->add_low_rank(b.data(), rank, h.data(), rank, rows, sums.data(), 16);
    for (i64 r = 0; r < rows; ++r)
      for (i64 o = 0; o < 16; ++o) {
        double sum = 2;
        for (i64 k = 0; k < rank; ++k)
          sum += static_cast<double>(h[static_cast<std::size_t>(r * rank + k)]) *
                 static_cast<double>(b[static_cast<std::size_t>(k * 16 + o)]);
        CHECK(std::fabs(sum - static_cast<double>(sums[static_cast<std::size_t>(r * 16 + o)])) < 1e-5);
      }
  }
}

TEST_CASE("attention to cached keys is the softmax of the scores, whatever stands beside a query") {
  for (const DecodeLoops* loops : tables())
    for (const i64 dim : {16, 64, 80, 96})
      for (const double cap : {0.0, 2.0}) {
        check_attention<float>(*loops, loops->attend_f32, dim, cap);
        check_attention<Bf16>(*loops, loops->attend_bf16, dim, cap);
        check_attention<std::int8_t>(*loops, loops->attend_int8, dim, cap);
      }
}
