// Every fast path against its plain one, f32 and bf16, on sizes that do not fill a vector.
#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <functional>

#include "kernels/loops.hpp"
#include "kernels/ops.hpp"

using namespace pmtune;

namespace {

at::Tensor random(at::IntArrayRef sizes, at::ScalarType type = at::kFloat) { return (at::randn(sizes) * 2).to(type); }

// The largest difference in units of the largest entry.
double distance(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kDouble) - b.to(at::kDouble)).abs().max() / b.to(at::kDouble).abs().max().clamp_min(1e-30))
      .item<double>();
}

void same_on_both_paths(at::ScalarType type, const std::function<std::vector<at::Tensor>()>& run) {
  at::manual_seed(11);
  const std::vector<at::Tensor> fast = run();
  at::manual_seed(11);
  const kernels::UseReference plain;
  const std::vector<at::Tensor> reference = run();
  // bf16 rounds to 8 bits; two right roundings of one number differ by at most one unit in the last place.
  const double tolerance = type == at::kBFloat16 ? 0.01 : 3e-6;
  for (std::size_t i = 0; i < fast.size(); ++i) {
    CAPTURE(i);
    CHECK(distance(fast[i], reference[i]) < tolerance);
  }
}

}  // namespace

TEST_CASE("the loops of this machine are chosen at run time") {
  const std::string name = kernels::loops().name;
  CHECK((name == "default" || name == "avx2" || name == "avx512" || name == "avx512_bf16"));
}

TEST_CASE("every operation gives the same on the fast and on the plain path") {
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    CAPTURE(type);
    for (const std::int64_t d : {6, 64, 97, 576}) {
      CAPTURE(d);
      same_on_both_paths(type, [&] {
        const at::Tensor x = random({13, d}), weight = random({d}), dy = random({13, d}, type);
        at::Tensor y = at::empty({13, d}, at::TensorOptions().dtype(type)), rstd = at::empty({13}),
                   dx = random({13, d});
        kernels::rms_norm(x, weight, 1e-5, y, rstd);
        at::Tensor again = at::empty_like(y);
        kernels::rms_norm_again(x, weight, rstd, again);
        kernels::rms_norm_backward(dy, x, weight, rstd, dx);
        return std::vector<at::Tensor>{y, rstd, again, dx};
      });
      for (const auto activation : {kernels::Activation::silu, kernels::Activation::gelu_tanh})
        same_on_both_paths(type, [&] {
          at::Tensor gate_up = random({9, 2 * d}, type), act = at::empty({9, d}, at::TensorOptions().dtype(type));
          const at::Tensor d_act = random({9, d}, type);
          kernels::glu(activation, gate_up, act);
          const at::Tensor forward = act.clone();
          kernels::glu_backward(activation, d_act, gate_up, act);
          return std::vector<at::Tensor>{forward, gate_up, act};
        });
    }
    same_on_both_paths(type, [&] {
      at::Tensor qkv = random({7, 5 * 10}, type);
      const at::Tensor angles = random({7, 5});
      kernels::rope_(qkv, angles.cos(), angles.sin(), 4, 10, false);
      return std::vector<at::Tensor>{qkv};
    });
    same_on_both_paths(type, [&] {  // two heads of query, one of key, one of value
      at::Tensor qkv = random({7, 4 * 20}, type), raw = at::empty({7, 3 * 20}, at::TensorOptions().dtype(type));
      const at::Tensor before = qkv.clone(), query = random({20}), key = random({20});
      kernels::head_norm_(qkv, query, 1e-6, 0, 2, &raw);
      kernels::head_norm_(qkv, key, 1e-6, 2, 1, &raw);
      CHECK(raw.equal(before.narrow(1, 0, 60)));
      CHECK(qkv.narrow(1, 60, 20).equal(before.narrow(1, 60, 20)));
      at::Tensor gradient = random({7, 4 * 20}, type);
      kernels::head_norm_backward_(gradient, raw, query, 1e-6, 0, 2);
      kernels::head_norm_backward_(gradient, raw, key, 1e-6, 2, 1);
      return std::vector<at::Tensor>{qkv, gradient};
    });
    same_on_both_paths(type, [&] {
      at::Tensor logits = random({5, 1003}, type) * 4, losses = at::empty({5});
      const at::Tensor targets = at::tensor({0, 1002, 7, 500, 31}, at::kLong);
      kernels::cross_entropy_(logits, targets, 0.25, losses);
      return std::vector<at::Tensor>{logits, losses};
    });
    same_on_both_paths(type, [&] {
      at::Tensor sum = random({11, 33}), narrow = at::empty({11, 33}, at::TensorOptions().dtype(type));
      kernels::add_to(random({11, 33}, type), sum);
      kernels::convert(sum, narrow);
      return std::vector<at::Tensor>{sum, narrow};
    });
  }
}

TEST_CASE("rotating back undoes a rotation") {
  at::Tensor x = random({6, 3 * 8});
  const at::Tensor before = x.clone(), angles = random({6, 4});
  kernels::rope_(x, angles.cos(), angles.sin(), 3, 8, false);
  CHECK(distance(x, before) > 0.1);
  kernels::rope_(x, angles.cos(), angles.sin(), 3, 8, true);
  CHECK(distance(x, before) < 1e-6);
}

TEST_CASE("bf16 rounds to the nearest, ties to even, and keeps NaN and infinity") {
  const at::Tensor x =
      at::cat({at::randn({4096}) * 1e3,
               at::tensor({1.00390625f, 1.01171875f, 3.4e38f, -3.4e38f, INFINITY, -INFINITY, 0.0f, -0.0f})});
  at::Tensor ours = at::empty(x.sizes(), at::TensorOptions().dtype(at::kBFloat16));
  kernels::convert(x, ours);
  CHECK(at::equal(ours, x.to(at::kBFloat16)));
  at::Tensor nan = at::empty({1}, at::TensorOptions().dtype(at::kBFloat16));
  kernels::convert(at::tensor({NAN}), nan);
  CHECK(nan.isnan().item<bool>());
}

TEST_CASE("scores so large that a naive softmax overflows") {
  at::Tensor logits = at::tensor({1e4f, -1e4f, 9.99e3f, 0.0f}).view({1, 4}), losses = at::empty({1});
  kernels::cross_entropy_(logits, at::tensor({2}, at::kLong), 1.0, losses);
  CHECK(losses.item<double>() == doctest::Approx(10.0).epsilon(1e-4));
  CHECK(logits.isfinite().all().item<bool>());
  CHECK(std::abs(logits.sum().item<double>()) < 1e-5);  // a softmax minus a one-hot sums to 0
}
