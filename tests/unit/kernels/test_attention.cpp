#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <vector>

#include "kernels/attention.hpp"
#include "kernels/ops.hpp"

using namespace pmtune;
using kernels::AttentionShape;
using kernels::Segment;

namespace {

struct Case {
  AttentionShape shape;
  std::vector<Segment> segments;
  std::int64_t tokens = 0;
  at::Tensor qkv, d_context, cos, sin;
};

// prefixes: for each segment, the segment whose rows are its prefix, or itself for none.
Case make_case(std::int64_t heads, std::int64_t kv_heads, std::int64_t dim, const std::vector<std::int64_t>& lengths,
               at::ScalarType type, const std::vector<std::size_t>& prefixes = {}) {
  Case c{{heads, kv_heads, dim, 0.17}, {}, 0, {}, {}, {}, {}};
  for (std::int64_t length : lengths) {
    c.segments.push_back({c.tokens, length});
    c.tokens += length;
  }
  for (std::size_t i = 0; i < prefixes.size(); ++i)
    if (prefixes[i] != i) {
      c.segments[i].prefix_offset = c.segments[prefixes[i]].offset;
      c.segments[i].prefix_length = c.segments[prefixes[i]].length;
    }
  at::manual_seed(7);
  c.qkv = at::randn({c.tokens, (heads + 2 * kv_heads) * dim}).mul_(2).to(type);
  c.d_context = at::randn({c.tokens, heads * dim}).to(type);
  const at::Tensor angle = at::rand({c.tokens, dim / 2}) * 6;
  c.cos = angle.cos();
  c.sin = angle.sin();
  return c;
}

// The definition, in f64, one head at a time.
void expected(const Case& c, at::Tensor& context, at::Tensor& lse, at::Tensor& d_qkv) {
  const auto [heads, kv_heads, dim, scale, window, cap] = c.shape;
  const at::Tensor wide = c.qkv.to(at::kDouble), d_wide = c.d_context.to(at::kDouble);
  context = at::zeros({c.tokens, heads * dim}, at::kDouble);
  lse = at::zeros({heads, c.tokens}, at::kDouble);
  d_qkv = at::zeros_like(wide);
  for (const Segment& segment : c.segments)
    for (std::int64_t head = 0; head < heads; ++head) {
      const std::int64_t kv = head / (heads / kv_heads);
      const at::Tensor own = at::arange(segment.offset, segment.offset + segment.length),
                       prefix = at::arange(segment.prefix_offset, segment.prefix_offset + segment.prefix_length),
                       seen = at::cat({prefix, own});
      const auto part = [&](const at::Tensor& x, const at::Tensor& rows, std::int64_t index) {
        return x.narrow(1, index * dim, dim).index_select(0, rows);
      };
      const auto add = [&](const at::Tensor& rows, std::int64_t index, const at::Tensor& gradient) {
        d_qkv.narrow(1, index * dim, dim).index_add_(0, rows, gradient);
      };
      const at::Tensor q = part(wide, own, head), k = part(wide, seen, heads + kv),
                       v = part(wide, seen, heads + kv_heads + kv);
      const at::Tensor future = at::ones({segment.length, seen.size(0)}, at::kBool).triu(segment.prefix_length + 1);
      at::Tensor hidden = future;
      if (window > 0) hidden = future.logical_or(at::ones_like(future).tril(segment.prefix_length - window));
      const at::Tensor scores = (at::mm(q, k.t()) * scale).masked_fill(hidden, -INFINITY);
      const at::Tensor p = at::softmax(scores, -1), d = part(d_wide, own, head), dp = at::mm(d, v.t());
      const at::Tensor ds = p * (dp - (dp * p).sum(-1, true)) * scale;
      context.narrow(0, segment.offset, segment.length).narrow(1, head * dim, dim).copy_(at::mm(p, v));
      lse.select(0, head).narrow(0, segment.offset, segment.length).copy_(scores.logsumexp(-1));
      add(own, head, at::mm(ds, k));
      add(seen, heads + kv, at::mm(ds.t(), q));
      add(seen, heads + kv_heads + kv, at::mm(p.t(), d));
    }
  const kernels::UseReference plain;
  kernels::rope_(d_qkv, c.cos, c.sin, heads + kv_heads, dim, true);
}

double error(const at::Tensor& ours, const at::Tensor& truth) {
  return ((ours.to(at::kDouble) - truth).abs().max() / truth.abs().max()).item<double>();
}

// On values that are not numbers where nothing was written before.
void check_attention(const Case& c) {
  at::Tensor truth, lse_truth, d_truth;
  expected(c, truth, lse_truth, d_truth);
  at::Tensor context = at::full({c.tokens, c.shape.heads * c.shape.head_dim}, NAN, c.qkv.options()),
             d_qkv = at::full_like(c.qkv, NAN), lse = at::full({c.shape.heads, c.tokens + 5}, NAN);
  REQUIRE(kernels::can_attend(c.shape, c.qkv));
  kernels::attend(c.shape, c.segments, c.qkv, context, lse);
  kernels::attend_backward(c.shape, c.segments, c.qkv, context, lse, c.d_context, c.cos, c.sin, d_qkv);
  // Scores reach 50 here: rounded to f32, their exponentials are right to 50 * 6e-8.
  const bool exact = c.qkv.scalar_type() == at::kFloat;
  CHECK(error(context, truth) < (exact ? 5e-6 : 8e-3));
  CHECK(error(lse.narrow(1, 0, c.tokens), lse_truth) < (exact ? 2e-6 : 1e-5));
  CHECK(error(d_qkv, d_truth) < (exact ? 5e-6 : 2e-2));
}

struct Shape {
  std::int64_t heads, kv_heads, dim;
};
const std::vector<Shape> kShapes{{3, 1, 64}, {4, 4, 32}, {6, 2, 96}};

}  // namespace

TEST_CASE("attention of packed examples and its gradient equal the definition") {
  for (const Shape s : kShapes)
    for (const std::vector<std::int64_t>& lengths : {std::vector<std::int64_t>{1},
                                                     {31, 32, 33},
                                                     {200},
                                                     {130, 1, 64, 65, 2},
                                                     {40, 40, 40, 40, 40, 40, 40, 40, 40}})
      for (at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        CAPTURE(s.heads);
        CAPTURE(s.dim);
        CAPTURE(lengths.size());
        CAPTURE(std::string(c10::toString(type)));
        check_attention(make_case(s.heads, s.kv_heads, s.dim, lengths, type));
      }
}

TEST_CASE("examples that share a prefix see it and add to its gradient") {
  struct Packed {
    std::vector<std::int64_t> lengths;
    std::vector<std::size_t> prefixes;
  };
  for (const Shape s : kShapes)
    for (const Packed& packed : {Packed{{32, 40, 33}, {0, 0, 0}}, Packed{{33, 1, 64}, {0, 0, 0}},
                                 Packed{{1, 100, 7, 130, 70, 31, 20}, {0, 0, 0, 3, 3, 3, 6}},
                                 Packed{{97, 95, 33, 65, 12, 12, 12, 12, 12}, {0, 0, 0, 0, 0, 0, 0, 0, 0}}})
      for (at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        CAPTURE(s.heads);
        CAPTURE(packed.lengths.size());
        CAPTURE(std::string(c10::toString(type)));
        check_attention(make_case(s.heads, s.kv_heads, s.dim, packed.lengths, type, packed.prefixes));
      }
}

TEST_CASE("a window hides what lies further back, in forward and backward") {
  struct Packed {
    std::vector<std::int64_t> lengths;
    std::vector<std::size_t> prefixes;
  };
  for (const Shape s : kShapes)
    for (const std::int64_t window : {1, 5, 32, 40, 64, 100, 1000})
      for (const Packed& packed : {Packed{{130, 1, 64, 300, 33}, {}}, Packed{{33, 1, 64}, {0, 0, 0}},
                                   Packed{{1, 100, 7, 130, 70, 31, 20}, {0, 0, 0, 3, 3, 3, 6}}})
        for (at::ScalarType type : {at::kFloat, at::kBFloat16}) {
          CAPTURE(s.heads);
          CAPTURE(window);
          CAPTURE(packed.lengths.size());
          CAPTURE(std::string(c10::toString(type)));
          Case c = make_case(s.heads, s.kv_heads, s.dim, packed.lengths, type, packed.prefixes);
          c.shape.window = window;
          check_attention(c);
        }
}

TEST_CASE("no example sees another: its results do not depend on its neighbours") {
  const Case both = make_case(3, 1, 64, {70, 50}, at::kBFloat16);
  at::Tensor context = at::empty({120, 192}, at::kBFloat16), lse = at::empty({3, 120});
  kernels::attend(both.shape, both.segments, both.qkv, context, lse);
  Case alone = both;
  alone.qkv = both.qkv.clone();
  alone.qkv.narrow(0, 0, 70).fill_(1e30);
  at::Tensor again = at::empty_like(context);
  kernels::attend(both.shape, both.segments, alone.qkv, again, lse);
  CHECK(context.narrow(0, 70, 50).equal(again.narrow(0, 70, 50)));
}

TEST_CASE("odd head sizes and other types are left to the plain path") {
  CHECK_FALSE(kernels::can_attend({4, 4, 80, 1}, at::empty({2, 960})));
  CHECK_FALSE(kernels::can_attend({4, 4, 64, 1}, at::empty({2, 768}, at::kDouble)));
  CHECK_FALSE(kernels::can_attend({4, 3, 64, 1}, at::empty({2, 640})));
}
