// Micro-benchmarks of the element loops: bytes moved per second, fast path and plain ATen path.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "kernels/frozen_matrix.hpp"
#include "kernels/ops.hpp"

using namespace pmtune;

namespace {

constexpr std::int64_t kTokens = 1024, kHidden = 576, kFeedForward = 1536, kVocabulary = 49152;

at::TensorOptions bf16() { return at::TensorOptions().dtype(at::kBFloat16); }

// Argument 0: 1 takes the plain path.
std::unique_ptr<kernels::UseReference> plain(const benchmark::State& state) {
  return state.range(0) ? std::make_unique<kernels::UseReference>() : nullptr;
}

void moved(benchmark::State& state, std::int64_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * bytes);
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
  for (auto _ : state) kernels::swiglu(gate_up, act);
  moved(state, kTokens * kFeedForward * 6);
}

void swiglu_backward(benchmark::State& state) {
  const auto path = plain(state);
  const at::Tensor d_act = at::randn({kTokens, kFeedForward}, bf16());
  at::Tensor gate_up = at::randn({kTokens, 2 * kFeedForward}, bf16()),
             act = at::empty({kTokens, kFeedForward}, bf16());
  for (auto _ : state) kernels::swiglu_backward(d_act, gate_up, act);
  moved(state, kTokens * kFeedForward * 12);
}

void rope(benchmark::State& state) {
  const auto path = plain(state);
  at::Tensor qkv = at::randn({kTokens, 960}, bf16());
  const at::Tensor cos = at::rand({kTokens, 32}), sin = at::rand({kTokens, 32});
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
BENCHMARK_MAIN();
