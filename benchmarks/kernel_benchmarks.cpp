// Micro-benchmarks of the kernels, each beside its bound, measured here and now: products and attention beside at::mm
// at its best ("of_peak"), loops beside a fill of memory ("of_memory"). Argument 1 takes the plain path.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "kernels/attention.hpp"
#include "kernels/frozen_matrix.hpp"
#include "kernels/linear.hpp"
#include "kernels/ops.hpp"

using namespace pmtune;

namespace {

constexpr std::int64_t kTokens = 1024, kHidden = 576, kFeedForward = 1536, kVocabulary = 49152;

at::TensorOptions bf16() { return at::TensorOptions().dtype(at::kBFloat16); }

// Argument 0: 1 takes the plain path.
std::unique_ptr<kernels::UseReference> plain(const benchmark::State& state) {
  return state.range(0) ? std::make_unique<kernels::UseReference>() : nullptr;
}

double seconds_of(const std::function<void()>& run) {
  double best = 1e9;
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

// Operations a second of at::mm in bf16, the best of some sizes.
double peak_rate() {
  static const double rate = [] {
    double best = 0;
    for (const auto [m, n, k] : {std::array{1024, 3072, 576}, {1024, 3072, 3072}, {2048, 2048, 2048}}) {
      const at::Tensor x = at::randn({m, k}, bf16()), w = at::randn({n, k}, bf16());
      at::Tensor y = at::empty({m, n}, bf16());
      best = std::max(best, 2.0 * m * n * k / seconds_of([&] { at::mm_out(y, x, w.t()); }));
    }
    return best;
  }();
  return rate;
}

// Bytes a second that all threads write.
double memory_rate() {
  static const double rate = [] {
    at::Tensor out = at::empty({16384, 3072}, bf16());
    return static_cast<double>(out.nbytes()) / seconds_of([&] { out.fill_(1); });
  }();
  return rate;
}

void moved(benchmark::State& state, std::int64_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * bytes);
  state.counters["of_memory"] = benchmark::Counter(static_cast<double>(state.iterations() * bytes) / memory_rate(),
                                                   benchmark::Counter::kIsRate);
}

void computed(benchmark::State& state, double operations) {
  const double all = operations * static_cast<double>(state.iterations());
  state.counters["operations/s"] = benchmark::Counter(all, benchmark::Counter::kIsRate);
  state.counters["of_peak"] = benchmark::Counter(all / peak_rate(), benchmark::Counter::kIsRate);
}

void rms_norm(benchmark::State& state) {
  const auto path = plain(state);
  const at::Tensor x = at::randn({kTokens, kHidden}), weight = at::ones({kHidden});
  at::Tensor y = at::empty({kTokens, kHidden}, bf16()), rstd = at::empty({kTokens});
  for (auto _ : state) kernels::rms_norm(x, weight, 1e-5, y, rstd);
  moved(state, kTokens * kHidden * 6);
}

void swiglu(benchmark::State& state) {
  const auto path = plain(state);
  const at::Tensor gate_up = at::randn({kTokens, 2 * kFeedForward}, bf16());
  at::Tensor act = at::empty({kTokens, kFeedForward}, bf16());
  for (auto _ : state) kernels::glu(kernels::Activation::silu, gate_up, act);
  moved(state, kTokens * kFeedForward * 6);
}

void swiglu_backward(benchmark::State& state) {
  const auto path = plain(state);
  const at::Tensor d_act = at::randn({kTokens, kFeedForward}, bf16());
  at::Tensor gate_up = at::randn({kTokens, 2 * kFeedForward}, bf16()),
             act = at::empty({kTokens, kFeedForward}, bf16());
  const at::Tensor fresh = gate_up.clone();
  for (auto _ : state) {
    state.PauseTiming();
    gate_up.copy_(fresh);  // gradients of gradients of gradients would end in subnormal numbers, which are slow
    state.ResumeTiming();
    kernels::glu_backward(kernels::Activation::silu, d_act, gate_up, act);
  }
  moved(state, kTokens * kFeedForward * 12);
}

void rope(benchmark::State& state) {
  const auto path = plain(state);
  at::Tensor qkv = at::randn({kTokens, 960}, bf16());
  const at::Tensor angle = at::rand({kTokens, 32}), cos = angle.cos(), sin = angle.sin();
  for (auto _ : state) kernels::rope_(qkv, cos, sin, 12, 64, false);
  moved(state, kTokens * 12 * 64 * 4);
}

void cross_entropy(benchmark::State& state) {
  const auto path = plain(state);
  const at::Tensor targets = at::randint(kVocabulary, {256});
  at::Tensor logits = at::randn({256, kVocabulary}, bf16()), losses = at::empty({256});
  for (auto _ : state) kernels::cross_entropy_(logits, targets, 1.0, losses);
  moved(state, 256 * kVocabulary * 6);
}

// One matrix of Phi-3-mini (gate and up: 50 million numbers), from blocks to bf16: bytes read and written.
void dequantise(benchmark::State& state, files::DType dtype) {
  const auto path = plain(state);
  constexpr std::int64_t rows = 16384, columns = 3072;
  const files::DTypeInfo& form = files::info(dtype);
  const std::int64_t bytes =
      rows * columns / static_cast<std::int64_t>(form.block) * static_cast<std::int64_t>(form.block_bytes);
  const std::vector<std::byte> blocks(static_cast<std::size_t>(bytes), std::byte{0x2A});
  at::Tensor out = at::empty({rows, columns}, bf16());
  for (auto _ : state) kernels::dequantise_rows({dtype, blocks.data(), rows, 0}, out);
  moved(state, bytes + rows * columns * 2);
  state.counters["numbers/s"] =
      benchmark::Counter(static_cast<double>(state.iterations() * rows * columns), benchmark::Counter::kIsRate);
}

// What memory allows: the same bytes written, none computed.
void fill(benchmark::State& state) {
  at::Tensor out = at::empty({16384, 3072}, bf16());
  for (auto _ : state) out.zero_();
  moved(state, out.numel() * 2);
}

// A layer's group of SmolLM2 or Phi-3-mini with its adapter of rank 16.
struct Group {
  std::int64_t in, out, slots;
};

kernels::LowRank adapter_of(const Group& g) {
  const std::int64_t columns = (g.slots * 16 + 31) / 32 * 32;
  kernels::LowRank low{at::randn({columns, g.in}, bf16()), at::randn({g.out, columns}, bf16()), 16, {}};
  for (std::int64_t i = 0; i < g.slots; ++i) low.slots.push_back({g.out / g.slots * i, g.out / g.slots});
  return low;
}

void product(benchmark::State& state, Group g, bool back) {
  const auto path = plain(state);
  const kernels::LowRank low = adapter_of(g);
  const kernels::FrozenMatrix w(at::randn({g.out, g.in}, bf16()));
  const at::Tensor x = at::randn({kTokens, back ? g.out : g.in}, bf16()),
                   h = at::randn({kTokens, low.a.size(0)}, bf16());
  at::Tensor y = at::empty({kTokens, back ? g.in : g.out}, bf16()), scratch;
  for (auto _ : state) {
    if (state.range(0)) {
      at::mm_out(y, x, back ? w.dense(scratch) : w.dense(scratch).t());
      y.addmm_(h, back ? low.a : low.b.t());
    } else {
      back ? kernels::linear_backward(x, w, low, h, y) : kernels::linear(x, w, low, h, y);
    }
  }
  computed(state, 2.0 * kTokens * static_cast<double>(g.in * g.out + 16 * (back ? g.slots * g.in : g.out)));
}

// 512 tokens through a matrix of Phi-3-mini (gate and up), dense (f32 here stands for "as bf16") or kept in blocks:
// what dequantising costs is the difference.
void kept(benchmark::State& state, files::DType dtype, bool back) {
  constexpr std::int64_t tokens = 512, in = 3072, out = 16384;
  std::vector<std::byte> blocks;
  kernels::FrozenMatrix w;
  if (dtype == files::DType::f32) {
    w = kernels::FrozenMatrix(at::randn({out, in}, bf16()));
  } else {
    const files::DTypeInfo& form = files::info(dtype);
    blocks.assign(static_cast<std::size_t>(out * in) / form.block * form.block_bytes, std::byte{0x2A});
    w = kernels::FrozenMatrix({{dtype, blocks.data(), out, 0}}, in, at::kBFloat16, nullptr);
  }
  const at::Tensor x = at::randn({tokens, back ? out : in}, bf16());
  at::Tensor y = at::empty({tokens, back ? in : out}, bf16());
  for (auto _ : state) back ? kernels::linear_backward(x, w, {}, {}, y) : kernels::linear(x, w, {}, {}, y);
  computed(state, 2.0 * tokens * in * out);
}

void low_rank(benchmark::State& state, Group g, int which) {
  const kernels::LowRank low = adapter_of(g);
  const std::int64_t columns = low.a.size(0);
  const at::Tensor x = at::randn({kTokens, g.in}, bf16()), dy = at::randn({kTokens, g.out}, bf16());
  at::Tensor h = at::randn({kTokens, columns}, bf16()), d_h = at::randn({kTokens, columns}, bf16());
  std::vector<at::Tensor> a, b;
  std::vector<kernels::SlotGradient> slots;
  for (const auto& slot : low.slots) {
    a.push_back(at::zeros({16, g.in}));
    b.push_back(at::zeros({slot.rows, 16}));
    slots.push_back({a.back().data_ptr<float>(), b.back().data_ptr<float>()});
  }
  for (auto _ : state) {
    if (which == 0) kernels::low_rank_inner(x, low, h);
    if (which == 1) kernels::low_rank_inner_backward(dy, low, d_h);
    if (which == 2) kernels::low_rank_gradient(x, dy, h, d_h, low, 2, slots);
  }
  const std::int64_t of_a = g.slots * g.in, of_b = g.out;
  computed(state, 2.0 * kTokens * 16 * static_cast<double>(which == 0 ? of_a : which == 1 ? of_b : of_a + of_b));
  const std::int64_t read = which == 0 ? g.in : which == 1 ? g.out : g.in + g.out;
  moved(state, kTokens * read * 2);
}

// Four examples of 256 tokens, nine heads on three: SmolLM2's.
void attention(benchmark::State& state, bool back) {
  const kernels::AttentionShape shape{9, 3, 64, 0.125};
  const std::vector<kernels::Segment> segments{{0, 256}, {256, 256}, {512, 256}, {768, 256}};
  const at::Tensor qkv = at::randn({kTokens, 960}, bf16()), d_context = at::randn({kTokens, 576}, bf16()),
                   cos = at::ones({kTokens, 32}), sin = at::zeros({kTokens, 32});
  at::Tensor context = at::empty({kTokens, 576}, bf16()), lse = at::empty({9, kTokens}), d_qkv = at::empty_like(qkv);
  kernels::attend(shape, segments, qkv, context, lse);
  for (auto _ : state) {
    if (back)
      kernels::attend_backward(shape, segments, qkv, context, lse, d_context, cos, sin, d_qkv);
    else
      kernels::attend(shape, segments, qkv, context, lse);
  }
  computed(state, (back ? 2.5 : 1.0) * 4 * 4 * 256 * 256 / 2 * 576);
}

constexpr Group kQkv{576, 960, 3}, kO{576, 576, 1}, kGateUp{576, 3072, 2}, kDown{1536, 576, 1},
    kPhiGateUp{3072, 16384, 2}, kPhiDown{8192, 3072, 1};

}  // namespace

BENCHMARK_CAPTURE(dequantise, q4_0, files::DType::q4_0)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(dequantise, q4_1, files::DType::q4_1)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(dequantise, q8_0, files::DType::q8_0)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK(fill)->UseRealTime();
BENCHMARK(rms_norm)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK(swiglu)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK(swiglu_backward)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK(rope)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK(cross_entropy)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(product, qkv_forward, kQkv, false)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(product, qkv_backward, kQkv, true)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(product, o_forward, kO, false)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(product, gate_up_forward, kGateUp, false)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(product, gate_up_backward, kGateUp, true)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(product, down_forward, kDown, false)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(product, down_backward, kDown, true)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(product, phi_gate_up_forward, kPhiGateUp, false)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(product, phi_gate_up_backward, kPhiGateUp, true)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(product, phi_down_forward, kPhiDown, false)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(product, phi_down_backward, kPhiDown, true)->ArgName("plain")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(kept, dense_forward, files::DType::f32, false)->UseRealTime();
BENCHMARK_CAPTURE(kept, q4_0_forward, files::DType::q4_0, false)->UseRealTime();
BENCHMARK_CAPTURE(kept, q4_k_forward, files::DType::q4_k, false)->UseRealTime();
BENCHMARK_CAPTURE(kept, q6_k_forward, files::DType::q6_k, false)->UseRealTime();
BENCHMARK_CAPTURE(kept, nf4_forward, files::DType::nf4, false)->UseRealTime();
BENCHMARK_CAPTURE(kept, q8_0_forward, files::DType::q8_0, false)->UseRealTime();
BENCHMARK_CAPTURE(kept, dense_backward, files::DType::f32, true)->UseRealTime();
BENCHMARK_CAPTURE(kept, q4_0_backward, files::DType::q4_0, true)->UseRealTime();
BENCHMARK_CAPTURE(kept, q4_k_backward, files::DType::q4_k, true)->UseRealTime();
BENCHMARK_CAPTURE(kept, q6_k_backward, files::DType::q6_k, true)->UseRealTime();
BENCHMARK_CAPTURE(kept, nf4_backward, files::DType::nf4, true)->UseRealTime();
BENCHMARK_CAPTURE(kept, q8_0_backward, files::DType::q8_0, true)->UseRealTime();
BENCHMARK_CAPTURE(low_rank, inner, kGateUp, 0)->UseRealTime();
BENCHMARK_CAPTURE(low_rank, inner_backward, kGateUp, 1)->UseRealTime();
BENCHMARK_CAPTURE(low_rank, gradient, kGateUp, 2)->UseRealTime();
BENCHMARK_CAPTURE(attention, forward, false)->UseRealTime();
BENCHMARK_CAPTURE(attention, backward, true)->UseRealTime();
BENCHMARK_MAIN();
