#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <vector>

#include "files/block_formats.hpp"
#include "kernels/linear.hpp"
#include "kernels/ops.hpp"
#include "random_blocks.hpp"

using namespace pmtune;
using kernels::Activation;
using kernels::FrozenMatrix;
using kernels::LowRank;

namespace {

double error(const at::Tensor& ours, const at::Tensor& truth) {
  return ((ours.to(at::kDouble) - truth).abs().max() / (truth.abs().max() + 1e-30)).item<double>();
}

// Relative to the largest entry: rounding of the stored result, and of the rounded h in between.
double tolerance(at::ScalarType type) { return type == at::kFloat ? 3e-6 : 1.2e-2; }

// A low-rank part whose slots have these rows of `out`; zero elsewhere, as an adapter keeps it.
LowRank make_low(std::int64_t rank, std::int64_t in, std::int64_t out, const std::vector<LowRank::Slot>& slots,
                 at::ScalarType type) {
  LowRank low;
  const auto count = static_cast<std::int64_t>(slots.size());
  const std::int64_t columns = (count * rank + 31) / 32 * 32;
  low.rank = rank;
  low.slots = slots;
  low.a = at::zeros({columns, in}, type);
  low.b = at::zeros({out, columns}, type);
  low.a.narrow(0, 0, count * rank).normal_(0, 0.1);
  for (std::int64_t i = 0; i < count; ++i)
    low.b.narrow(0, slots[static_cast<std::size_t>(i)].row, slots[static_cast<std::size_t>(i)].rows)
        .narrow(1, i * rank, rank)
        .normal_(0, 0.1);
  return low;
}

struct Case {
  std::int64_t tokens, in, out, rank;
  std::vector<LowRank::Slot> slots;
};

const std::vector<Case> kCases{{32, 64, 64, 16, {{0, 64}}},
                               {96, 96, 320, 16, {{0, 192}, {192, 64}, {256, 64}}},
                               {160, 576, 1536, 8, {{0, 768}, {768, 768}}},
                               {64, 128, 192, 20, {{0, 64}, {64, 64}, {128, 64}}},
                               {64, 128, 192, 4, {{128, 64}}},
                               {64, 13824, 128, 16, {{0, 128}}},  // k in slices
                               {64, 160, 13824, 16, {{0, 6912}, {6912, 6912}}}};

struct Data {
  at::Tensor x, w, dy, h, d_h;
  LowRank low;
};

Data make_data(const Case& c, at::ScalarType type) {
  at::manual_seed(3);
  Data data;
  data.x = at::randn({c.tokens, c.in}).to(type);
  data.w = at::randn({c.out, c.in}).mul_(0.05).to(type);
  data.dy = at::randn({c.tokens, c.out}).to(type);
  data.low = make_low(c.rank, c.in, c.out, c.slots, type);
  data.h = at::full({c.tokens, data.low.a.size(0)}, NAN, type);
  data.d_h = at::full({c.tokens, data.low.a.size(0)}, NAN, type);
  kernels::low_rank_inner(data.x, data.low, data.h);
  kernels::low_rank_inner_backward(data.dy, data.low, data.d_h);
  return data;
}

at::Tensor wide(const at::Tensor& x) { return x.to(at::kDouble); }

constexpr Activation kActivations[] = {Activation::silu, Activation::gelu_tanh};

at::Tensor activated(Activation activation, const at::Tensor& x) {
  return activation == Activation::silu ? at::silu(x) : at::gelu(x, "tanh");
}
at::Tensor slope_times(Activation activation, const at::Tensor& d, const at::Tensor& x) {
  return activation == Activation::silu ? at::silu_backward(d, x) : at::gelu_backward(d, x, "tanh");
}

at::Tensor expected_y(const Data& d) {
  return at::mm(wide(d.x), wide(d.w).t()) + at::mm(wide(d.h), wide(d.low.b).t());
}
at::Tensor expected_dx(const Data& d) { return at::mm(wide(d.dy), wide(d.w)) + at::mm(wide(d.d_h), wide(d.low.a)); }

template <class Check>
void for_all(const Check& check) {
  for (at::ScalarType type : {at::kFloat, at::kBFloat16})
    for (const Case& c : kCases) {
      CAPTURE(c.in);
      CAPTURE(c.out);
      CAPTURE(c.rank);
      CAPTURE(std::string(c10::toString(type)));
      check(c, type, make_data(c, type));
    }
}

}  // namespace

TEST_CASE("the two low-rank products equal their definition") {
  for_all([](const Case&, at::ScalarType type, const Data& d) {
    CHECK(error(d.h, at::mm(wide(d.x), wide(d.low.a).t())) < tolerance(type));
    CHECK(error(d.d_h, at::mm(wide(d.dy), wide(d.low.b))) < tolerance(type));
  });
}

TEST_CASE("a frozen matrix with its low-rank part, forward and backward, equals the definition") {
  for_all([](const Case& c, at::ScalarType type, const Data& d) {
    at::Tensor y = at::full({c.tokens, c.out}, NAN, type), dx = at::full({c.tokens, c.in}, NAN, type);
    REQUIRE(kernels::can_multiply(FrozenMatrix(d.w), c.tokens, d.x));
    kernels::linear(d.x, FrozenMatrix(d.w), d.low, d.h, y);
    CHECK(error(y, expected_y(d)) < tolerance(type));
    kernels::linear_backward(d.dy, FrozenMatrix(d.w), d.low, d.d_h, dx);
    CHECK(error(dx, expected_dx(d)) < tolerance(type));
    kernels::linear(d.x, FrozenMatrix(d.w), {}, {}, y);
    CHECK(error(y, at::mm(wide(d.x), wide(d.w).t())) < tolerance(type));
  });
}

TEST_CASE("what follows a product in the same pass equals the operation on its own") {
  for_all([](const Case& c, at::ScalarType type, const Data& d) {
    const at::Tensor residual = at::randn({c.tokens, c.out});
    at::Tensor sum = residual.clone();
    kernels::linear_added(d.x, FrozenMatrix(d.w), d.low, d.h, sum, sum);  // in place
    CHECK(error(sum, expected_y(d) + wide(residual)) < tolerance(type));

    const std::int64_t f = c.out / 2;
    at::Tensor gate_up = at::full({c.tokens, c.out}, NAN, type), act = at::full({c.tokens, f}, NAN, type);
    const at::Tensor y = expected_y(d), gate = y.narrow(1, 0, f), up = y.narrow(1, f, f);
    for (const Activation activation : kActivations) {
      kernels::linear_gated(activation, d.x, FrozenMatrix(d.w), d.low, d.h, gate_up, act);
      CHECK(error(gate_up, y) < tolerance(type));
      CHECK(error(act, activated(activation, gate) * up) < tolerance(type));
    }
  });
}

TEST_CASE("the gradient through a gate equals the operation on its own") {
  for_all([](const Case& c, at::ScalarType type, const Data& d) {
    const at::Tensor values = at::randn({c.tokens, 2 * c.in}).to(type), d_act = expected_dx(d);
    const at::Tensor gate = wide(values.narrow(1, 0, c.in)), up = wide(values.narrow(1, c.in, c.in));
    for (const Activation activation : kActivations) {
      at::Tensor gate_up = values.clone(), act = at::full({c.tokens, c.in}, NAN, type);
      kernels::linear_backward_gated(activation, d.dy, FrozenMatrix(d.w), d.low, d.d_h, gate_up, act);
      const at::Tensor value = activated(activation, gate);
      CHECK(error(act, value * up) < tolerance(type));
      CHECK(error(gate_up.narrow(1, c.in, c.in), d_act * value) < tolerance(type));
      CHECK(error(gate_up.narrow(1, 0, c.in), slope_times(activation, d_act * up, gate)) < tolerance(type));
    }
  });
}

TEST_CASE("the gradients of the low-rank matrices are added to what is there") {
  for_all([](const Case& c, at::ScalarType type, const Data& d) {
    std::vector<at::Tensor> a, b;
    std::vector<kernels::SlotGradient> slots;
    for (const LowRank::Slot& slot : c.slots) {
      a.push_back(at::ones({c.rank, c.in}));
      b.push_back(at::ones({slot.rows, c.rank}));
      slots.push_back({a.back().data_ptr<float>(), b.back().data_ptr<float>()});
    }
    kernels::low_rank_gradient(d.x, d.dy, d.h, d.d_h, d.low, 0.5, slots);
    for (std::size_t i = 0; i < c.slots.size(); ++i) {
      const std::int64_t column = static_cast<std::int64_t>(i) * c.rank;
      const at::Tensor h = wide(d.h).narrow(1, column, c.rank), d_h = wide(d.d_h).narrow(1, column, c.rank),
                       dy = wide(d.dy).narrow(1, c.slots[i].row, c.slots[i].rows);
      CHECK(error(a[i], at::mm(d_h.t(), wide(d.x)) + 1) < tolerance(type) / 1000 + 3e-6);
      CHECK(error(b[i], at::mm(dy.t(), h) * 0.5 + 1) < tolerance(type) / 1000 + 3e-6);
    }
  });
}

TEST_CASE("a matrix in blocks multiplies bit for bit as its dequantised form") {
  using files::DType;
  for (DType dtype : test::kBlockFormats)
    for (at::ScalarType type : {at::kFloat, at::kBFloat16})
      for (std::int64_t head : {0, 32}) {
        CAPTURE(std::string(files::info(dtype).name));
        constexpr std::int64_t kTokens = 64, kIn = 1280, kRows = 64, kOut = 2 * kRows;
        const std::vector<std::byte> first = test::random_blocks(dtype, kRows * kIn, 5),
                                     second = test::random_blocks(dtype, kRows * kIn, 6);
        const FrozenMatrix in_blocks({{dtype, first.data(), kRows, head}, {dtype, second.data(), kRows, 0}}, kIn,
                                     type, nullptr);
        at::Tensor scratch;
        const FrozenMatrix dense(in_blocks.dense(scratch).clone());
        const at::Tensor x = at::randn({kTokens, kIn}).to(type), dy = at::randn({kTokens, kOut}).to(type);
        at::Tensor y1 = at::empty({kTokens, kOut}, type), y2 = y1.clone(), dx1 = at::empty({kTokens, kIn}, type),
                   dx2 = dx1.clone();
        kernels::linear(x, in_blocks, {}, {}, y1);
        kernels::linear(x, dense, {}, {}, y2);
        CHECK(y1.equal(y2));
        kernels::linear_backward(dy, in_blocks, {}, {}, dx1);
        kernels::linear_backward(dy, dense, {}, {}, dx2);
        CHECK(dx1.equal(dx2));
      }
}

TEST_CASE("sizes that do not fit whole panels are left to the plain path") {
  const at::Tensor x = at::empty({32, 64});
  CHECK(kernels::can_multiply(FrozenMatrix(at::empty({64, 64})), 32, x));
  CHECK_FALSE(kernels::can_multiply(FrozenMatrix(at::empty({64, 64})), 33, x));
  CHECK_FALSE(kernels::can_multiply(FrozenMatrix(at::empty({64, 80})), 32, x));
  CHECK_FALSE(kernels::can_multiply(FrozenMatrix(at::empty({96, 64})), 32, x));
  const kernels::UseReference plain;
  CHECK_FALSE(kernels::can_multiply(FrozenMatrix(at::empty({64, 64})), 32, x));
}
