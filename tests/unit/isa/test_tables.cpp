// Every table of loops that this processor can run, against definitions in f64. Without torch, so that
// scripts/check-arm can run it on an emulated processor too.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "unit/isa/tables.hpp"
#include "unit/kernels/random_blocks.hpp"

using namespace pmtune;
using kernels::Bf16;
using kernels::of_type;
using kernels::TypedTiles;
using test::Tables;
using i64 = std::int64_t;

namespace {

float wide(float x) { return x; }
float wide(Bf16 x) { return __builtin_bit_cast(float, static_cast<std::uint32_t>(x) << 16); }
void narrow(float value, float& out) { out = value; }
void narrow(float value, Bf16& out) {
  out = static_cast<Bf16>((__builtin_bit_cast(std::uint32_t, value) + 0x8000u) >> 16);
}

template <class T>
std::vector<T> random_numbers(i64 count, unsigned seed, float scale = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, scale);
  std::vector<T> numbers(static_cast<std::size_t>(count));
  for (T& number : numbers) narrow(normal(random), number);
  return numbers;
}

// How far results in T may be from the truth, in units of its largest.
template <class T>
constexpr double kTolerance = sizeof(T) == 4 ? 3e-6 : 8e-3;

double worst(const std::vector<double>& truth, const auto& ours) {
  double most = 0, largest = 1e-30;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double difference = std::fabs(truth[i] - static_cast<double>(wide(ours[i])));
    most = std::isfinite(difference) ? std::max(most, difference) : INFINITY;
    largest = std::max(largest, std::fabs(truth[i]));
  }
  return most / largest;
}

template <class T>
void check_products(const Tables& t) {
  const TypedTiles<T>& tile = of_type<T>(*t.tiles);
  for (const i64 rows : {16, 48})
    for (const i64 k : {32, 544}) {
      const i64 lda = k + 64;
      const auto a = random_numbers<T>(rows * lda, 1), w = random_numbers<T>(32 * k, 2),
                 m = random_numbers<T>(k * 64, 3);
      std::vector<T> panel(static_cast<std::size_t>(32 * k)), panels(static_cast<std::size_t>(2 * 32 * k));
      std::vector<float> c(static_cast<std::size_t>(rows * 32), 1.0F), plain(c);
      std::vector<double> by_rows(c.size()), by_columns(c.size());
      for (i64 r = 0; r < rows; ++r)
        for (i64 j = 0; j < 32; ++j) {
          double x = 0, y = 0;
          for (i64 i = 0; i < k; ++i) {
            const double left = static_cast<double>(wide(a[static_cast<std::size_t>(r * lda + i)]));
            x += left * (j < 30 ? static_cast<double>(wide(w[static_cast<std::size_t>(j * k + i)])) : 0.0);
            y += left * (i < k - 1 ? static_cast<double>(wide(m[static_cast<std::size_t>(i * 64 + 32 + j)])) : 0.0);
          }
          by_rows[static_cast<std::size_t>(r * 32 + j)] = x + 1;
          by_columns[static_cast<std::size_t>(r * 32 + j)] = y;
        }
      tile.begin();
      tile.pack_rows(w.data(), k, 30, k, panel.data());  // two rows missing
      tile.product(a.data(), lda, rows, panel.data(), k, c.data(), 32, true);
      tile.pack_columns(m.data(), 64, k - 1, k, 2, panels.data(), 32 * k);  // the last row missing
      tile.product(a.data(), lda, rows, panels.data() + 32 * k, k, plain.data(), 32, false);
      tile.end();
      CHECK(worst(by_rows, c) < 3e-6);
      CHECK(worst(by_columns, plain) < 3e-6);
    }
  const auto x = random_numbers<T>(48 * 40, 4);
  std::vector<T> y(32 * 48);
  tile.transpose(x.data(), 40, 48, 32, y.data(), 48);
  for (std::size_t r = 0; r < 48; ++r)
    for (std::size_t column = 0; column < 32; ++column) REQUIRE(y[column * 48 + r] == x[r * 40 + column]);
}

template <class T>
void check_softmax(const Tables& t) {
  constexpr i64 kKeys = 96;
  constexpr float kScale = 0.2F;
  const TypedTiles<T>& tile = of_type<T>(*t.tiles);
  const auto scores = random_numbers<float>(kKeys * 32, 5, 9), dp = random_numbers<float>(kKeys * 32, 6),
             delta = random_numbers<float>(32, 7);
  std::vector<float> changed = scores, lse(32), inverse(32);
  std::vector<T> p(scores.size()), again(scores.size()), ds(scores.size());
  tile.softmax(changed.data(), p.data(), kScale, kKeys, lse.data(), inverse.data());
  std::vector<double> sums(32), normal(p.size()), slope(p.size()), ours(p.size());
  const auto sees = [](i64 key, i64 query) { return key <= kKeys - 32 + query; };
  for (i64 key = 0; key < kKeys; ++key)
    for (i64 q = 0; q < 32; ++q)
      if (sees(key, q))
        sums[static_cast<std::size_t>(q)] +=
            std::exp(static_cast<double>(scores[static_cast<std::size_t>(key * 32 + q)] * kScale));
  for (i64 key = 0; key < kKeys; ++key)
    for (i64 q = 0; q < 32; ++q) {
      const auto at = static_cast<std::size_t>(key * 32 + q), query = static_cast<std::size_t>(q);
      normal[at] = sees(key, q) ? std::exp(static_cast<double>(scores[at] * kScale)) / sums[query] : 0;
      slope[at] = normal[at] * static_cast<double>((dp[at] - delta[query]) * kScale);
      ours[at] = static_cast<double>(wide(p[at]) * inverse[query]);
    }
  for (std::size_t q = 0; q < 32; ++q)
    CHECK(static_cast<double>(lse[q]) == doctest::Approx(std::log(sums[q])).epsilon(1e-6));
  std::vector<float> as_floats(ours.begin(), ours.end());
  CHECK(worst(normal, as_floats) < kTolerance<T>);
  // The keys before the last block are seen by all queries; those of the last begin where the queries do.
  const i64 before = kKeys - 32, skip = before * 32;
  tile.softmax_backward(scores.data(), dp.data(), 32, lse.data(), delta.data(), kScale, again.data(), ds.data(), 32,
                        before, 32, false);
  tile.softmax_backward(scores.data() + skip, dp.data() + skip, 32, lse.data(), delta.data(), kScale,
                        again.data() + skip, ds.data() + skip, 32, 32, 32, true);
  CHECK(worst(normal, again) < kTolerance<T>);
  CHECK(worst(slope, ds) < kTolerance<T>);
}

template <class T>
void check_row_loops(const Tables& t) {
  constexpr i64 kRows = 3, kWide = 107;  // no multiple of any vector
  const auto x = random_numbers<float>(kRows * kWide, 8, 3), weight = random_numbers<float>(kWide, 9);
  std::vector<T> y(x.size());
  std::vector<float> rstd(kRows);
  of_type<T>(*t.loops).rms_norm(x.data(), weight.data(), 1e-5F, y.data(), rstd.data(), kRows, kWide);
  std::vector<double> truth(x.size());
  for (std::size_t r = 0; r < kRows; ++r) {
    double sum = 0;
    for (std::size_t i = 0; i < kWide; ++i) sum += std::pow(static_cast<double>(x[r * kWide + i]), 2);
    for (std::size_t i = 0; i < kWide; ++i)
      truth[r * kWide + i] = static_cast<double>(x[r * kWide + i] * weight[i]) / std::sqrt(sum / kWide + 1e-5);
  }
  CHECK(worst(truth, y) < kTolerance<T>);

  auto logits = random_numbers<T>(kRows * kWide, 10, 4);
  const std::vector<T> before = logits;
  const std::vector<i64> targets{0, 106, 40};
  std::vector<float> losses(kRows);
  std::vector<double> loss_truth(kRows);
  of_type<T>(*t.loops).cross_entropy(logits.data(), targets.data(), 0.5F, losses.data(), kRows, kWide);
  for (std::size_t r = 0; r < kRows; ++r) {
    const auto score = [&](std::size_t i) { return static_cast<double>(wide(before[r * kWide + i])); };
    const auto target = static_cast<std::size_t>(targets[r]);
    double sum = 0;
    for (std::size_t i = 0; i < kWide; ++i) sum += std::exp(score(i));
    for (std::size_t i = 0; i < kWide; ++i) truth[r * kWide + i] = 0.5 * (std::exp(score(i)) / sum - (i == target));
    loss_truth[r] = std::log(sum) - score(target);
  }
  CHECK(worst(truth, logits) < kTolerance<T>);
  CHECK(worst(loss_truth, losses) < 1e-6);

  auto gate_up = random_numbers<T>(kRows * 2 * kWide, 11, 2);
  std::vector<T> act(x.size());
  for (int activation = 0; activation < kernels::kActivations; ++activation) {
    const bool gelu = activation == static_cast<int>(kernels::Activation::gelu_tanh);
    of_type<T>(*t.loops).glu[activation](gate_up.data(), act.data(), kRows, kWide);
    for (std::size_t r = 0; r < kRows; ++r)
      for (std::size_t i = 0; i < kWide; ++i) {
        const auto gate = static_cast<double>(wide(gate_up[r * 2 * kWide + i])),
                   up = static_cast<double>(wide(gate_up[r * 2 * kWide + kWide + i]));
        const double silu = gate / (1 + std::exp(-gate)),
                     cubic = std::sqrt(2 / 3.14159265358979) * (gate + 0.044715 * gate * gate * gate);
        truth[r * kWide + i] = (gelu ? gate / 2 * (1 + std::tanh(cubic)) : silu) * up;
      }
    CHECK(worst(truth, act) < kTolerance<T>);
  }
}

// What a table makes of blocks, bit for bit what the file's reader does.
template <class T>
void check_blocks(const Tables& t) {
  constexpr i64 kNumbers = 8 * 768;
  const kernels::TypedLoops<T>& loops = of_type<T>(*t.loops);
  const std::pair<files::DType, kernels::FromBlocks<T>> formats[] = {
      {files::DType::q4_0, loops.from_q4_0},     {files::DType::q4_1, loops.from_q4_1},
      {files::DType::q8_0, loops.from_q8_0},     {files::DType::q2_k, loops.from_q2_k},
      {files::DType::q3_k, loops.from_q3_k},     {files::DType::q4_k, loops.from_q4_k},
      {files::DType::q5_k, loops.from_q5_k},     {files::DType::q6_k, loops.from_q6_k},
      {files::DType::iq4_nl, loops.from_iq4_nl}, {files::DType::iq4_xs, loops.from_iq4_xs},
      {files::DType::nf4, loops.from_nf4}};
  for (const auto& [dtype, from] : formats) {
    CAPTURE(std::string(files::info(dtype).name));
    const std::vector<std::byte> blocks = test::random_blocks(dtype, kNumbers, 12);
    std::vector<float> truth(kNumbers);
    std::vector<T> wanted(kNumbers), got(kNumbers);
    files::dequantise(dtype, blocks.data(), kNumbers, truth.data());
    loops.from_f32(truth.data(), wanted.data(), kNumbers);
    from(reinterpret_cast<const unsigned char*>(blocks.data()), 0, kNumbers / 32, got.data());
    CHECK(std::memcmp(got.data(), wanted.data(), sizeof(T) * kNumbers) == 0);
    // From the middle of a row, and of a block where it has several parts.
    from(reinterpret_cast<const unsigned char*>(blocks.data()), 3, 6, got.data());
    CHECK(std::memcmp(got.data(), wanted.data() + 96, sizeof(T) * 192) == 0);
  }
}

template <class T>
void check_all(const Tables& t) {
  CAPTURE(std::string(t.tiles->name));
  CAPTURE(sizeof(T));
  check_products<T>(t);
  check_softmax<T>(t);
  check_row_loops<T>(t);
  check_blocks<T>(t);
}

}  // namespace

TEST_CASE("every instruction set gives what the definitions say") {
  for (const Tables& t : test::tables()) {
    MESSAGE("checked: " << std::string(t.tiles->name));
    check_all<float>(t);
    check_all<Bf16>(t);
  }
}

TEST_CASE("the best table is chosen, or the one that was asked for") {
  const char* const asked = std::getenv("PMTUNE_ISA");
  const std::string chosen = kernels::tiles().name;
  if (asked && *asked) CHECK(chosen == asked);
#if defined(__aarch64__)
  CHECK((chosen == "neon" || chosen == "neon_bf16"));
#endif
}
