#include "train/memory_plan.hpp"

#include <algorithm>
#include <array>
#include <pmtune/device.hpp>

#include "base/fail.hpp"
#include "train/engine.hpp"

namespace pmtune::train {
namespace {

// Enough rows for matrix products to run at full speed; more only costs memory.
constexpr std::int64_t kPreferredTokens = 1024;
// libtorch's code and tables, oneDNN's scratch, and this process, measured: about 0.35 GB.
constexpr std::int64_t kRuntimeBytes = 350'000'000;
// f32 parameters, gradient, two moments, the best state so far; and working copies in the compute dtype.
constexpr std::int64_t kAdapterBytes = 5 * 4;

std::int64_t working_copy_bytes(const model::Weights& w, const model::AdapterLayout& layout) {
  std::int64_t elements = 0;
  for (const model::AdapterPart& part : layout.parts) {
    // B is stored block-diagonally: as wide as its group's slots.
    const auto slots = static_cast<std::int64_t>(layout.parts_of(part.layer, model::group_of(part.linear)).size());
    elements += layout.rank * (part.in + part.out * slots);
  }
  return elements * (w.dtype == at::kFloat ? 4 : 2);
}

std::int64_t inner_columns(const model::Weights& w, const model::AdapterLayout& layout) {
  return static_cast<std::int64_t>(layout.parts.size()) * layout.rank /
         std::max<std::int64_t>(1, w.architecture.layers);
}

MemoryChoice estimate(const model::Weights& w, const model::AdapterLayout& layout, std::int64_t tokens,
                      bool recompute) {
  MemoryChoice choice;
  choice.micro_batch_tokens = tokens;
  choice.recompute = recompute;
  choice.activations = Engine::activation_bytes(w, inner_columns(w, layout), tokens, recompute) + w.scratch_bytes();
  choice.adapter = layout.size * kAdapterBytes + working_copy_bytes(w, layout);
  choice.runtime = kRuntimeBytes;
  choice.peak = w.bytes() + choice.adapter + choice.activations + choice.runtime;
  return choice;
}

}  // namespace

MemoryChoice choose_memory(const model::Weights& w, const model::AdapterLayout& layout, const TrainConfig& config,
                           std::int64_t longest_example, std::int64_t longest_step) {
  const RuntimeInfo machine = runtime_info();
  const std::int64_t limit = config.max_memory.bytes > 0    ? config.max_memory.bytes
                             : machine.memory_available > 0 ? machine.resident + machine.memory_available
                                                            : INT64_MAX;
  const std::int64_t wanted = config.micro_batch_tokens > 0 ? config.micro_batch_tokens : kPreferredTokens;
  const std::int64_t whole = std::max(longest_example, std::min(wanted, longest_step));
  const std::int64_t least = config.micro_batch_tokens > 0 ? whole : longest_example;
  const std::array<std::pair<std::int64_t, bool>, 4> order{
      {{whole, false}, {least, false}, {whole, true}, {least, true}}};
  MemoryChoice choice;
  for (const auto& [tokens, recompute] : order) {
    if ((config.recompute == "none" && recompute) || (config.recompute == "full" && !recompute)) continue;
    choice = estimate(w, layout, tokens, recompute);
    choice.limit = limit;
    choice.fits = choice.peak <= limit;
    if (choice.fits) break;
  }
  return choice;
}

void refuse_memory(const model::Weights& w, const model::AdapterLayout& layout, const TrainConfig& config,
                   const MemoryChoice& choice, std::int64_t longest_example) {
  std::string cures = "close other applications";
  if (longest_example > 256) {
    const std::int64_t shorter = longest_example / 2;
    const MemoryChoice with_shorter = estimate(w, layout, shorter, choice.recompute);
    cures = concat("examples of at most ", shorter, " tokens instead of ", longest_example, " save ",
                   to_string(ByteSize(choice.peak - with_shorter.peak)));
  }
  if (config.recompute == "none") cures += ", recompute=\"auto\" saves most of the activations";
  fail(Code::out_of_memory, "Training needs about ", to_string(ByteSize(choice.peak)), ", but ",
       config.max_memory.bytes > 0 ? "max_memory allows " : "this machine has only ",
       to_string(ByteSize(choice.limit)), config.max_memory.bytes > 0 ? "" : " free", "; ", cures,
       ", or choose a smaller model.");
}

}  // namespace pmtune::train
