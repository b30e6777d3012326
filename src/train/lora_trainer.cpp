#include <ATen/ATen.h>

#include <algorithm>
#include <pmtune/lora_trainer.hpp>

#include "base/fail.hpp"
#include "model/guard.hpp"
#include "model/impl.hpp"
#include "train/predicted_time.hpp"
#include "train/training_run.hpp"

namespace pmtune {
namespace {

// Elements of the adapter's file beside its numbers, and the record of the run.
constexpr std::int64_t kDiskOverhead = 100'000;
}  // namespace

struct LoraTrainer::Impl {
  Model model;
  TrainConfig config;
  train::Switches switches;
  std::atomic<bool> running{false};

  Impl(const Model& m, const TrainConfig& c) : model(m), config(c) {}

  // The two parts of the data; validation may be given.
  std::pair<Dataset, Dataset> divided(const Dataset& data, const Dataset* validation) const {
    if (data.empty())
      fail(Code::invalid_argument, "The dataset has no examples; add some, 20 or more make a difference.");
    if (validation) return {data, *validation};
    if (config.validation == 0 || data.size() < 2) return {data, Dataset()};
    return data.split(config.validation, config.seed);
  }
};

LoraTrainer::LoraTrainer(const Model& model, const TrainConfig& config) {
  config.validate();
  impl_ = std::make_shared<Impl>(model, config);
  // A rank or module that the model cannot have is said here, not minutes later.
  train::starting_layout(model, config);
}

const TrainConfig& LoraTrainer::config() const { return impl_->config; }

Plan LoraTrainer::plan(const Dataset& data) const {
  return model::guarded([&] {
    const TrainConfig& config = impl_->config;
    const model::Weights& weights = impl_->model.impl().weights();
    const auto [training, held_out] = impl_->divided(data, nullptr);
    train::LongExamples long_examples;
    const std::vector<train::TokenRow> rows = train::make_rows(impl_->model, training, config, &long_examples);
    const model::AdapterLayout layout = train::starting_layout(impl_->model, config);
    Plan plan;
    plan.examples = static_cast<std::int64_t>(rows.size());
    for (const train::TokenRow& row : rows) {
      plan.tokens_per_epoch += static_cast<std::int64_t>(row.ids.size());
      plan.taught_tokens_per_epoch += row.taught;
      plan.longest_example = std::max(plan.longest_example, static_cast<std::int64_t>(row.ids.size()));
    }
    const train::Workload workload(rows, train::make_rows(impl_->model, held_out, config), config);
    const train::MemoryChoice memory = train::choose_memory(weights, layout, config, workload);
    plan.weights = memory.weights;
    plan.adapter = memory.adapter;
    plan.activations = memory.activations;
    plan.runtime = memory.runtime;
    plan.peak_memory = memory.peak;
    plan.micro_batch_tokens = memory.largest_micro_batch;
    plan.recompute = memory.recompute ? "full" : "none";
    plan.fits = memory.fits;
    plan.steps = config.epochs * train::steps_per_epoch(rows.size(), config.batch_size);
    if (memory.fits)
      plan.seconds =
          train::predicted_seconds(weights, layout, config, workload, memory, plan.taught_tokens_per_epoch);
    for (const std::string& choice : train::other_choices(weights, layout, config, workload, memory))
      plan.notes.push_back(choice + ".");
    plan.disk = layout.size * 4 + kDiskOverhead;
    if (!memory.fits) plan.notes.push_back(concat("This does not fit into ", to_string(ByteSize(memory.limit)), "."));
    if (const std::string text = long_examples.to_text(); !text.empty()) plan.notes.push_back(text + ".");
    if (!config.suggestion.empty()) plan.notes.push_back(config.suggestion);
    return plan;
  });
}

TrainResult LoraTrainer::train(const Dataset& data, const ProgressCallback& progress, const Dataset* validation,
                               bool resume) {
  if (resume || !impl_->config.checkpoint_dir.empty())
    fail(Code::unsupported,
         "Checkpoints and resuming are not built yet (docs/status.md); leave checkpoint_dir empty and resume off.");
  if (impl_->running.exchange(true))
    fail(Code::busy, "This trainer is already training; wait for it, cancel it, or make another one.");
  struct Release {
    std::atomic<bool>& running;
    ~Release() { running = false; }
  } release{impl_->running};
  impl_->switches.reset();
  return model::guarded([&] {
    const auto [training, held_out] = impl_->divided(data, validation);
    return train::TrainingRun(impl_->model, impl_->config, training, held_out, data.hash(), progress, impl_->switches)
        .run();
  });
}

void LoraTrainer::cancel() noexcept { impl_->switches.cancel(); }
void LoraTrainer::pause() noexcept { impl_->switches.pause(); }
void LoraTrainer::resume() noexcept { impl_->switches.resume(); }

}  // namespace pmtune
