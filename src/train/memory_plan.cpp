#include "train/memory_plan.hpp"

#include <algorithm>
#include <pmtune/device.hpp>

#include "base/fail.hpp"
#include "base/round_up.hpp"
#include "kernels/resident.hpp"
#include "train/engine.hpp"
#include "train/shared_prefix.hpp"
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
  for (std::int64_t layer = 0; layer < w.architecture.layers; ++layer)
    for (int g = 0; g < model::kGroups; ++g) {
      const auto group = static_cast<model::Group>(g);
      copies += layout.columns_of(layer, group) *
                (model::input_size(w.architecture, group) + model::output_size(w.architecture, group));
    }
  return layout.size * (kAdapterBytes + (keeps_best ? 4 : 0)) + copies * element_size(w);
}

// What the process will hold beside weights, adapter and activations, as it stands before a run.
std::int64_t measured_runtime(const model::Weights& w) {
  const kernels::Resident resident = kernels::resident_now();
  return std::max<std::int64_t>(0, resident.own - w.own_bytes()) +
         std::max(resident.mapped - (w.bytes() - w.own_bytes()), kLibraryBytes) + kWorkingBytes;
}

struct Estimator {
  const model::Weights& w;
  const model::AdapterLayout& layout;
  const TrainConfig& config;
  const Workload& workload;
  std::int64_t runtime;

  MemoryChoice at(std::int64_t limit_tokens, bool recompute) const {
    MemoryChoice choice;
    choice.micro_batch_tokens = limit_tokens;
    choice.recompute = recompute;
    const Workload::Filled filled = workload.filled(limit_tokens);
    choice.largest_micro_batch = filled.largest;
    choice.tokens = filled.tokens;
    choice.weights = w.bytes();
    choice.adapter = adapter_bytes(w, layout, config.keep_best && !workload.held_out.empty());
    choice.activations = Engine::activation_bytes(w, layout, choice.largest_micro_batch, workload.longest,
                                                  workload.shares, {config.dropout, recompute});
    choice.runtime = runtime;
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

// Twice as many tokens at once where that lets examples share enough of their prefixes.
std::int64_t preferred_tokens(const Workload& workload) {
  constexpr double kWorthwhile = 0.9;
  if (!workload.shares) return kPreferredTokens;
  const auto usual = static_cast<double>(workload.filled(kPreferredTokens).tokens),
             twice = static_cast<double>(workload.filled(2 * kPreferredTokens).tokens);
  return twice < kWorthwhile * usual ? 2 * kPreferredTokens : kPreferredTokens;
}

std::string bytes_text(std::int64_t bytes) { return to_string(ByteSize(bytes)); }

// The same with examples of at most half the length.
MemoryChoice with_half_length(const Estimator& whole, const MemoryChoice& choice) {
  const Workload shorter = whole.workload.cut(whole.workload.longest / 2);
  const Estimator estimator{whole.w, whole.layout, whole.config, shorter, whole.runtime};
  return estimator.at(std::max(shorter.longest, std::min(choice.micro_batch_tokens, kPreferredTokens / 2)),
                      choice.recompute);
}

}  // namespace

Workload::Workload(const std::vector<TokenRow>& training_rows, const std::vector<TokenRow>& held_out_rows,
                   const TrainConfig& config) {
  const auto sizes_of = [this](const std::vector<const TokenRow*>& rows) {
    const std::vector<RowSize> sizes = share_prefixes(rows);
    for (const RowSize& size : sizes) {
      longest = std::max(longest, size.whole());
      shares = shares || size.family >= 0;
    }
    return sizes;
  };
  std::vector<const TokenRow*> rows;
  for (const TokenRow& row : held_out_rows) rows.push_back(&row);
  held_out = sizes_of(rows);
  for (std::int64_t epoch = 1; epoch <= config.epochs; ++epoch)
    for (const std::vector<std::size_t>& step : steps_of_epoch(training_rows.size(), config, epoch)) {
      rows.clear();
      for (std::size_t index : step) rows.push_back(&training_rows[index]);
      steps.push_back(sizes_of(rows));
    }
}

Workload::Filled Workload::filled(std::int64_t limit) const {
  Filled result;
  // Held-out examples are worked on in batches no larger than those.
  for (const RowSize& row : held_out) result.largest = std::max(result.largest, row.whole());
  std::vector<std::int64_t> batches;
  for (const std::vector<RowSize>& step : steps) {
    first_fit(step, limit, &batches);
    for (std::int64_t tokens : batches) {
      result.largest = std::max(result.largest, tokens);
      result.tokens += tokens;
    }
  }
  result.largest = round_up(result.largest, kTokenMultiple);
  return result;
}

Workload Workload::cut(std::int64_t most) const {
  Workload shorter = *this;
  const auto cut_rows = [&](std::vector<RowSize>& rows) {
    for (RowSize& row : rows) row.own = std::max<std::int64_t>(1, std::min(row.own, most - row.shared));
  };
  for (std::vector<RowSize>& step : shorter.steps) cut_rows(step);
  cut_rows(shorter.held_out);
  shorter.longest = most;
  return shorter;
}

MemoryChoice choose_memory(const model::Weights& w, const model::AdapterLayout& layout, const TrainConfig& config,
                           const Workload& workload, std::int64_t runtime) {
  const RuntimeInfo machine = runtime_info();
  const std::int64_t limit = config.max_memory.bytes > 0    ? config.max_memory.bytes
                             : machine.memory_available > 0 ? machine.resident + machine.memory_available
                                                            : INT64_MAX;
  const std::int64_t wanted = config.micro_batch_tokens > 0 ? config.micro_batch_tokens : preferred_tokens(workload);
  const std::int64_t most = std::max(workload.longest, wanted);
  const std::int64_t least = config.micro_batch_tokens > 0 ? most : workload.longest;
  const Estimator estimator{w, layout, config, workload, runtime < 0 ? measured_runtime(w) : runtime};
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
  const Estimator estimator{w, layout, config, workload, choice.runtime};
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
  if (w.dtype == at::kFloat && !w.in_blocks())
    offer("weights=\"bf16\"", choice.peak - choice.weights / 2 - choice.activations / 3, "");
  if (!w.in_blocks())  // 4 bits and a scale for each 64; the embedding and the output matrix stay dense
    offer("weights=\"nf4\"", choice.peak - w.layer_parameters() * (element_size(w) * 16 - 9) / 16, "");
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
