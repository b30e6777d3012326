// One call of LoraTrainer::train, from rows to result.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <pmtune/lora_trainer.hpp>
#include <vector>

#include "model/adapter.hpp"
#include "train/engine.hpp"
#include "train/memory_plan.hpp"
#include "train/optimizer.hpp"

namespace pmtune::train {

// How the host steers a run from other threads.
class Switches {
 public:
  void cancel() noexcept;
  void pause() noexcept;
  void resume() noexcept;
  void reset() noexcept;
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_relaxed); }
  void wait_while_paused();

 private:
  std::atomic<bool> cancelled_{false};
  std::atomic<bool> paused_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
};

// The adapter that training starts from: a new one, or a copy of the one that the model carries (whose rank, alpha
// and layers then count, not the config's).
std::shared_ptr<model::Adapter> starting_adapter(const Model& model, const TrainConfig& config);
// Its layout alone. Throws invalid_argument for a rank or modules that the model cannot have.
model::AdapterLayout starting_layout(const Model& model, const TrainConfig& config);
// Throws invalid_argument when the model has fewer layers than top_layers asks for.
files::AdapterConfig adapter_config_of(const model::Architecture& architecture, const TrainConfig& config);

class TrainingRun {
 public:
  // data_hash: of the whole set that `training` is a part of.
  TrainingRun(const Model& model, const TrainConfig& config, const Dataset& training, const Dataset& held_out,
              const std::string& data_hash, const ProgressCallback& callback, Switches& switches);
  TrainResult run();

 private:
  using Clock = std::chrono::steady_clock;
  // Ends of a step that are not errors.
  enum class StepEnd { done, cancelled, diverged };

  void make_engine();
  void keep_hidden_states();
  void keep_ceiling();
  StepEnd run_step(const std::vector<const TokenRow*>& step);
  bool run_epoch(std::int64_t epoch);  // false: stop here
  void find_culprits(const std::vector<const TokenRow*>& step);
  double validation_loss();
  void report(TrainProgress progress);
  TrainProgress progress(TrainEvent event) const;
  void keep_if_best(double loss);
  TrainResult finish();

  const Model& model_;
  const TrainConfig& config_;
  const Dataset& training_;
  const Dataset& held_out_;
  const std::string& data_hash_;
  const ProgressCallback& callback_;
  Switches& switches_;

  std::vector<TokenRow> rows_, validation_rows_;
  std::shared_ptr<model::Adapter> adapter_;
  at::Tensor parameters_, gradient_, best_;
  std::unique_ptr<HiddenCache> cache_;  // only when some layers do not learn
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<AdamW> optimizer_;
  Workload workload_;
  MemoryChoice memory_;

  std::vector<TrainProgress> history_;
  std::vector<double> epoch_step_losses_;
  std::int64_t step_ = 0, steps_ = 0, epoch_ = 0, best_epoch_ = 0;
  std::int64_t tokens_ = 0, computed_tokens_ = 0, taught_tokens_ = 0, examples_ = 0;
  double last_loss_ = 0, last_rate_ = 0, last_norm_ = 0, loss_before_ = 0, best_loss_ = 0, train_loss_ = 0;
  double step_seconds_ = 0;  // spent in steps, without validation and callbacks
  bool stopped_ = false, diverged_ = false;
  bool at_least_memory_ = false;       // no choice takes less
  std::vector<std::string> culprits_;  // examples whose loss is not finite
  Clock::time_point start_ = Clock::now(), last_report_{};
};

}  // namespace pmtune::train
