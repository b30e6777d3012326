#include "train/memory_plan.hpp"

#include <algorithm>
#include <pmtune/device.hpp>

#include "base/fail.hpp"
#include "base/round_up.hpp"
#include "kernels/resident.hpp"
#include "train/engine.hpp"
#include "train/step_order.hpp"

namespace pmtune::train {
namespace {

// Enough rows for matrix products to run at full speed; more only costs memory.
constexpr std::int64_t kPreferredTokens = 1024;
// Pages of libtorch's code that a run touches, measured: 80 to 100 MB.
constexpr std::int64_t kLibraryBytes = 100'000'000;
// What libtorch, OpenMP and the allocator take for themselves while training, measured.
constexpr std::int64_t kWorkingBytes = 20'000'000;
// f32 parameters, gradient and two moments.
constexpr std::int64_t kAdapterBytes = 4 * 4;

std::int64_t element_size(const model::Weights& w) { return w.dtype == at::kFloat ? 4 : 2; }

std::int64_t adapter_bytes(const model::Weights& w, const model::AdapterLayout& layout, bool keeps_best) {
  std::int64_t copies = 0;  // in the compute dtype
  for (const model::AdapterPart& part : layout.parts) {
    // B is stored block-diagonally: as wide as its group's slots.
    const auto slots = static_cast<std::int64_t>(layout.parts_of(part.layer, model::group_of(part.linear)).size());
    copies += layout.rank * (part.in + part.out * slots);
  }
  return layout.size * (kAdapterBytes + (keeps_best ? 4 : 0)) + copies * element_size(w);
}

// The largest micro-batch that this limit leads to, with the very order that the run will take.
std::int64_t largest_micro_batch(const Workload& workload, const TrainConfig& config, std::int64_t limit) {
  std::int64_t largest = 0;
  const auto take = [&](const std::vector<std::int64_t>& sizes) {
    for (std::int64_t size : filled_micro_batches(sizes, limit)) largest = std::max(largest, size);
  };
  // Held-out examples are worked on in batches no larger than those.
  for (std::int64_t size : workload.held_out) largest = std::max(largest, size);
  for (std::int64_t epoch = 1; epoch <= config.epochs; ++epoch)
    for (const std::vector<std::size_t>& step : steps_of_epoch(workload.training.size(), config, epoch)) {
      std::vector<std::int64_t> sizes;
      for (std::size_t index : step) sizes.push_back(workload.training[index]);
      take(sizes);
    }
  return round_up(largest, kTokenMultiple);
}

struct Estimator {
  const model::Weights& w;
  const model::AdapterLayout& layout;
  const TrainConfig& config;
  const Workload& workload;
  kernels::Resident resident = kernels::resident_now();

  MemoryChoice at(std::int64_t limit_tokens, bool recompute) const {
    MemoryChoice choice;
    choice.micro_batch_tokens = limit_tokens;
    choice.recompute = recompute;
    choice.largest_micro_batch = largest_micro_batch(workload, config, limit_tokens);
    choice.weights = w.bytes();
    choice.adapter = adapter_bytes(w, layout, config.keep_best && !workload.held_out.empty());
    choice.activations =
        Engine::activation_bytes(w, layout, choice.largest_micro_batch, workload.longest, recompute, config.dropout);
    const std::int64_t beside = std::max<std::int64_t>(0, resident.own - w.dense_bytes()) +
                                std::max(resident.mapped - (w.bytes() - w.dense_bytes()), kLibraryBytes);
    choice.runtime = beside + kWorkingBytes;
    choice.peak = choice.weights + choice.adapter + choice.activations + choice.runtime;
    return choice;
  }
};

// The most tokens from `least` to `most` that stay within the limit; `least` when none do.
MemoryChoice most_that_fits(const Estimator& estimator, std::int64_t least, std::int64_t most, bool recompute,
                            std::int64_t limit) {
  MemoryChoice best = estimator.at(most, recompute);
  if (best.peak <= limit) return best;
  best = estimator.at(least, recompute);
  while (best.peak <= limit && most - least > kTokenMultiple) {
    const std::int64_t middle = least + (most - least) / 2;
    const MemoryChoice half = estimator.at(middle, recompute);
    if (half.peak <= limit) {
      best = half;
      least = middle;
    } else {
      most = middle;
    }
  }
  return best;
}

std::string bytes_text(std::int64_t bytes) { return to_string(ByteSize(bytes)); }

// The same with examples of at most half the length.
MemoryChoice with_half_length(const Estimator& whole, const MemoryChoice& choice) {
  Workload shorter = whole.workload;
  const std::int64_t most = whole.workload.longest / 2;
  for (std::vector<std::int64_t>* sizes : {&shorter.training, &shorter.held_out})
    for (std::int64_t& size : *sizes) size = std::min(size, most);
  shorter.longest = most;
  const Estimator estimator{whole.w, whole.layout, whole.config, shorter, whole.resident};
  return estimator.at(std::max(most, std::min(choice.micro_batch_tokens, kPreferredTokens / 2)), choice.recompute);
}

}  // namespace

Workload::Workload(const std::vector<TokenRow>& training_rows, const std::vector<TokenRow>& held_out_rows) {
  const auto sizes = [this](const std::vector<TokenRow>& rows, std::vector<std::int64_t>& out) {
    for (const TokenRow& row : rows) {
      out.push_back(static_cast<std::int64_t>(row.ids.size()));
      longest = std::max(longest, out.back());
    }
  };
  sizes(training_rows, training);
  sizes(held_out_rows, held_out);
}

MemoryChoice choose_memory(const model::Weights& w, const model::AdapterLayout& layout, const TrainConfig& config,
                           const Workload& workload) {
  const RuntimeInfo machine = runtime_info();
  const std::int64_t limit = config.max_memory.bytes > 0    ? config.max_memory.bytes
                             : machine.memory_available > 0 ? machine.resident + machine.memory_available
                                                            : INT64_MAX;
  const std::int64_t wanted = config.micro_batch_tokens > 0 ? config.micro_batch_tokens : kPreferredTokens;
  const std::int64_t most = std::max(workload.longest, wanted);
  const std::int64_t least = config.micro_batch_tokens > 0 ? most : workload.longest;
  const Estimator estimator{w, layout, config, workload};
  MemoryChoice choice;
  for (const bool recompute : {false, true}) {
    if ((config.recompute == "none" && recompute) || (config.recompute == "full" && !recompute)) continue;
    choice = most_that_fits(estimator, least, most, recompute, limit);
    choice.limit = limit;
    choice.fits = choice.peak <= limit;
    if (choice.fits) break;
  }
  return choice;
}

std::vector<std::string> other_choices(const model::Weights& w, const model::AdapterLayout& layout,
                                       const TrainConfig& config, const Workload& workload,
                                       const MemoryChoice& choice, double least) {
  const Estimator estimator{w, layout, config, workload};
  std::vector<std::string> choices;
  const auto offer = [&](const std::string& what, std::int64_t peak, const std::string& price) {
    if (static_cast<double>(choice.peak - peak) > least * static_cast<double>(choice.peak))
      choices.push_back(concat(what, " saves ", bytes_text(choice.peak - peak), price));
  };
  if (!choice.recompute && config.recompute != "none")
    offer("recompute=\"full\"", estimator.at(choice.micro_batch_tokens, true).peak,
          " and takes about a third longer");
  if (choice.largest_micro_batch > workload.longest + kTokenMultiple)
    offer(concat("micro_batch_tokens=", workload.longest), estimator.at(workload.longest, choice.recompute).peak,
          " and is a little slower");
  if (workload.longest > 256)
    offer(concat("a context of ", workload.longest / 2, " instead of ", workload.longest, " tokens"),
          with_half_length(estimator, choice).peak, "");
  if (layout.rank > 8)
    offer(concat("rank ", layout.rank / 2, " instead of ", layout.rank), choice.peak - choice.adapter / 2, "");
  if (w.dtype == at::kFloat && w.dense_bytes() == w.bytes())
    offer("weights=\"bf16\"", choice.peak - choice.weights / 2 - choice.activations / 3, "");
  if (w.dense_bytes() == w.bytes())
    offer("weights=\"file\" with a 4-bit GGUF file", choice.peak - w.bytes() + w.parameters() * 9 / 16, "");
  return choices;
}

void refuse_memory(const model::Weights& w, const model::AdapterLayout& layout, const TrainConfig& config,
                   const Workload& workload, const MemoryChoice& choice) {
  std::string cures;
  for (const std::string& cure : other_choices(w, layout, config, workload, choice, 0.01)) cures += cure + "; ";
  const bool own_limit = config.max_memory.bytes > 0;
  fail(Code::out_of_memory, "Training needs about ", bytes_text(choice.peak), ", but ",
       own_limit ? "max_memory allows " : "this machine has only ", bytes_text(choice.limit),
       own_limit ? "" : " free", ": ", cures, own_limit ? "or raise max_memory" : "or close other applications",
       ", or choose a smaller model.");
}

}  // namespace pmtune::train
