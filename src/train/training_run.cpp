#include "train/training_run.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <pmtune/device.hpp>

#include "base/fail.hpp"
#include "base/log.hpp"
#include "data/system_prompt.hpp"
#include "kernels/resident.hpp"
#include "model/impl.hpp"
#include "train/diagnosis.hpp"
#include "train/step_order.hpp"

namespace pmtune::train {
namespace {

constexpr double kReportSeconds = 0.1;   // steps are reported at most this often
constexpr std::size_t kEpochPoints = 4;  // points of an epoch's loss in the log, as in the guide

// Means over (at most) four equal stretches of an epoch.
std::vector<double> points_of(const std::vector<double>& losses) {
  const std::size_t points = std::min(kEpochPoints, losses.size());
  std::vector<double> means;
  for (std::size_t i = 0; i < points; ++i) {
    const std::size_t begin = i * losses.size() / points, end = (i + 1) * losses.size() / points;
    means.push_back(std::accumulate(losses.begin() + static_cast<std::ptrdiff_t>(begin),
                                    losses.begin() + static_cast<std::ptrdiff_t>(end), 0.0) /
                    static_cast<double>(end - begin));
  }
  return means;
}

std::int64_t tokens_of(const std::vector<TokenRow>& rows) {
  std::int64_t tokens = 0;
  for (const TokenRow& row : rows) tokens += static_cast<std::int64_t>(row.ids.size());
  return tokens;
}

std::vector<TokenRow> training_rows(const Model& model, const Dataset& training, const TrainConfig& config) {
  LongExamples long_examples;
  std::vector<TokenRow> rows = make_rows(model, training, config, &long_examples);
  if (const std::string text = long_examples.to_text(); !text.empty()) log(LogLevel::warning, text + ".");
  return rows;
}

std::string text_of(const MemoryChoice& choice) {
  return concat("up to ", choice.largest_micro_batch, " tokens at once",
                choice.recompute ? ", recomputing activations" : "", ", about ", to_string(ByteSize(choice.peak)),
                " of memory");
}

}  // namespace

void Switches::cancel() noexcept {
  cancelled_.store(true, std::memory_order_relaxed);
  changed_.notify_all();
}
void Switches::pause() noexcept { paused_.store(true, std::memory_order_relaxed); }
void Switches::resume() noexcept {
  paused_.store(false, std::memory_order_relaxed);
  changed_.notify_all();
}
void Switches::reset() noexcept {
  cancelled_.store(false, std::memory_order_relaxed);
  paused_.store(false, std::memory_order_relaxed);
}
void Switches::wait_while_paused() {
  std::unique_lock lock(mutex_);
  // cancel() and resume() take no lock, so a notification can be missed; the timeout makes that harmless.
  while (paused_.load(std::memory_order_relaxed) && !cancelled())
    changed_.wait_for(lock, std::chrono::milliseconds(50));
}

files::AdapterConfig adapter_config_of(const model::Architecture& architecture, const TrainConfig& config) {
  files::AdapterConfig adapter;
  adapter.rank = config.rank;
  adapter.alpha = config.alpha;
  adapter.dropout = config.dropout;
  adapter.rslora = config.rslora;
  adapter.target_modules = model::expand_target_modules(architecture, config.target_modules);
  if (config.top_layers > architecture.layers)
    fail(Code::invalid_argument, "Option top_layers is ", config.top_layers, ", but this model has only ",
         architecture.layers, " layers; choose fewer, or 0 to train all.");
  if (config.top_layers > 0 && config.top_layers < architecture.layers)
    for (std::int64_t l = architecture.layers - config.top_layers; l < architecture.layers; ++l)
      adapter.layers.push_back(l);
  return adapter;
}

std::shared_ptr<model::Adapter> starting_adapter(const Model& model, const TrainConfig& config) {
  const model::Weights& weights = model.impl().weights();
  if (const auto& carried = model.impl().adapter)
    return model::Adapter::with_parameters(weights, carried->config(), carried->flat().clone());
  return model::Adapter::create(weights, adapter_config_of(weights.architecture, config), config.seed);
}

model::AdapterLayout starting_layout(const Model& model, const TrainConfig& config) {
  if (const auto& carried = model.impl().adapter) return carried->layout();
  const model::Architecture& architecture = model.impl().weights().architecture;
  return model::AdapterLayout::make(architecture, adapter_config_of(architecture, config));
}

TrainingRun::TrainingRun(const Model& model, const TrainConfig& config, const Dataset& training,
                         const Dataset& held_out, const std::string& data_hash, const ProgressCallback& callback,
                         Switches& switches)
    : model_(model),
      config_(config),
      training_(training),
      held_out_(held_out),
      data_hash_(data_hash),
      callback_(callback),
      switches_(switches),
      rows_(training_rows(model, training, config)),
      validation_rows_(make_rows(model, held_out, config)),
      workload_(rows_, validation_rows_, config) {
  const model::Weights& weights = model.impl().weights();
  const model::AdapterLayout layout = starting_layout(model, config);
  memory_ = choose_memory(weights, layout, config, workload_);
  if (!memory_.fits) refuse_memory(weights, layout, config, workload_, memory_);
  log(LogLevel::info,
      concat("Training with ", text_of(memory_), ", within ", to_string(ByteSize(memory_.limit)), "."));
  if (workload_.shares)
    log(LogLevel::info, concat("Examples begin alike: an epoch works on ", memory_.tokens / config.epochs,
                               " of their ", tokens_of(rows_), " tokens."));
  adapter_ = starting_adapter(model, config);
  parameters_ = adapter_->flat();
  gradient_ = at::zeros_like(parameters_);
  if (layout.lowest_layer() > 0) keep_hidden_states();
  make_engine();
  optimizer_ = std::make_unique<AdamW>(config, parameters_);
  steps_ = config.epochs * steps_per_epoch(rows_.size(), config.batch_size);
}

void TrainingRun::make_engine() {
  engine_.reset();
  engine_ =
      std::make_unique<Engine>(model_.impl().weights(), *adapter_, EngineOptions{config_.dropout, memory_.recompute});
  engine_->reserve(memory_.largest_micro_batch);
  if (cache_) engine_->use_cache(*cache_);
}

void TrainingRun::keep_hidden_states() {
  std::vector<std::int64_t> tokens;
  for (std::vector<TokenRow>* rows : {&rows_, &validation_rows_})
    for (TokenRow& row : *rows) {
      row.slot = static_cast<std::int64_t>(tokens.size());
      tokens.push_back(static_cast<std::int64_t>(row.ids.size()));
    }
  cache_ = std::make_unique<HiddenCache>(tokens, model_.impl().weights().architecture.hidden);
}

// max_memory holds also when the process takes more than was planned, or its host has grown meanwhile: the run goes
// on with less.
void TrainingRun::keep_ceiling() {
  if (config_.max_memory.bytes == 0 || at_least_memory_) return;
  const kernels::Resident now = kernels::resident_now();
  const std::int64_t held = now.own + now.mapped;
  if (held <= memory_.limit) return;
  const MemoryChoice less = choose_memory(model_.impl().weights(), adapter_->layout(), config_, workload_,
                                          memory_.runtime + held - memory_.peak);
  at_least_memory_ = !less.fits;
  const std::string held_now = concat("The process holds ", to_string(ByteSize(held)), ", more than the ",
                                      to_string(ByteSize(memory_.limit)), " that max_memory allows");
  if (less.activations >= memory_.activations)
    return log(LogLevel::warning, held_now + ", and training cannot take less.");
  memory_ = less;
  make_engine();
  kernels::give_back_memory();
  log(LogLevel::warning, concat(held_now, ": it goes on with ", text_of(memory_), "."));
}

TrainResult TrainingRun::run() {
  loss_before_ = validation_loss();
  best_loss_ = INFINITY;
  TrainProgress started = progress(TrainEvent::started);
  started.validation_loss = loss_before_;
  report(started);
  for (std::int64_t epoch = 1; epoch <= config_.epochs && !stopped_; ++epoch)
    if (!run_epoch(epoch)) break;
  if (step_ == 0 && stopped_)
    fail(Code::cancelled, "Training was cancelled before its first step; nothing was changed.");
  return finish();
}

bool TrainingRun::run_epoch(std::int64_t epoch) {
  epoch_ = epoch;
  epoch_step_losses_.clear();
  double loss_sum = 0;
  std::int64_t taught = 0;
  for (const std::vector<std::size_t>& examples : steps_of_epoch(rows_.size(), config_, epoch)) {
    std::vector<const TokenRow*> step;
    for (std::size_t index : examples) step.push_back(&rows_[index]);
    const std::int64_t taught_before = taught_tokens_;
    const StepEnd end = run_step(step);
    diverged_ = end == StepEnd::diverged;
    stopped_ = stopped_ || end == StepEnd::cancelled;
    if (diverged_ || stopped_) return false;
    loss_sum += last_loss_ * static_cast<double>(taught_tokens_ - taught_before);
    taught += taught_tokens_ - taught_before;
  }
  train_loss_ = loss_sum / static_cast<double>(taught);
  TrainProgress done = progress(TrainEvent::epoch);
  done.loss = train_loss_;
  done.epoch_losses = points_of(epoch_step_losses_);
  done.validation_loss = validation_loss();
  keep_if_best(done.validation_loss);
  report(done);
  return !stopped_;
}

TrainingRun::StepEnd TrainingRun::run_step(const std::vector<const TokenRow*>& step) {
  const Clock::time_point start = Clock::now();
  std::int64_t taught = 0, tokens = 0;
  for (const TokenRow* row : step) {
    taught += row->taught;
    tokens += static_cast<std::int64_t>(row->ids.size());
  }
  gradient_.zero_();
  double loss = 0;
  std::uint64_t part = 0;
  for (const std::vector<const TokenRow*>& micro : divide(step, memory_.micro_batch_tokens)) {
    switches_.wait_while_paused();
    if (switches_.cancelled()) return StepEnd::cancelled;
    const std::uint64_t dropout_seed =
        (config_.seed * 1000003u + static_cast<std::uint64_t>(step_)) * 1000003u + part++;
    const PackedBatch batch = pack(micro, kTokenMultiple);
    computed_tokens_ += batch.tokens;
    loss += engine_->forward_backward(batch, 1.0 / static_cast<double>(taught), gradient_, dropout_seed);
  }
  last_loss_ = loss / static_cast<double>(taught);
  last_norm_ = clip(gradient_, config_.max_grad_norm);
  if (!std::isfinite(last_loss_) || !std::isfinite(last_norm_)) {
    find_culprits(step);
    return StepEnd::diverged;
  }
  last_rate_ = learning_rate_at(config_, step_, steps_);
  optimizer_->step(parameters_, gradient_, last_rate_);
  adapter_->refresh();
  ++step_;
  tokens_ += tokens;
  taught_tokens_ += taught;
  examples_ += static_cast<std::int64_t>(step.size());
  step_seconds_ += std::chrono::duration<double>(Clock::now() - start).count();
  epoch_step_losses_.push_back(last_loss_);
  keep_ceiling();
  report(progress(TrainEvent::step));
  return stopped_ ? StepEnd::cancelled : StepEnd::done;
}

// Which examples of the step have no finite loss, each on its own.
void TrainingRun::find_culprits(const std::vector<const TokenRow*>& step) {
  for (const TokenRow* row : step)
    if (!std::isfinite(engine_->loss(pack({row}, kTokenMultiple)))) culprits_.push_back(row->where);
  if (culprits_.size() == step.size() && step.size() > 1) culprits_.clear();  // the model is broken, not an example
}

double TrainingRun::validation_loss() {
  if (validation_rows_.empty()) return NAN;
  std::vector<const TokenRow*> rows;
  std::int64_t taught = 0;
  for (const TokenRow& row : validation_rows_) {
    rows.push_back(&row);
    taught += row.taught;
  }
  double sum = 0;
  for (const auto& micro : divide(rows, memory_.largest_micro_batch)) {
    if (switches_.cancelled()) {
      stopped_ = true;
      return NAN;
    }
    sum += engine_->loss(pack(micro, kTokenMultiple));
  }
  return sum / static_cast<double>(taught);
}

void TrainingRun::keep_if_best(double loss) {
  if (!config_.keep_best || std::isnan(loss) || loss >= best_loss_) return;
  best_loss_ = loss;
  best_epoch_ = epoch_;
  best_ = parameters_.clone();
}

TrainProgress TrainingRun::progress(TrainEvent event) const {
  TrainProgress p;
  p.event = event;
  p.epoch = epoch_;
  p.epochs = config_.epochs;
  p.step = step_;
  p.steps = steps_;
  p.loss = last_loss_;
  p.validation_loss = NAN;
  p.learning_rate = last_rate_;
  p.grad_norm = last_norm_;
  p.tokens = tokens_;
  p.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  if (step_seconds_ > 0) {
    p.tokens_per_second = static_cast<double>(tokens_) / step_seconds_;
    p.examples_per_minute = 60 * static_cast<double>(examples_) / step_seconds_;
  }
  if (step_ > 0) p.seconds_left = p.seconds / static_cast<double>(step_) * static_cast<double>(steps_ - step_);
  p.peak_memory = runtime_info().peak_resident;
  return p;
}

void TrainingRun::report(TrainProgress p) {
  history_.push_back(p);
  const bool soon = std::chrono::duration<double>(Clock::now() - last_report_).count() < kReportSeconds;
  if (!callback_ || (p.event == TrainEvent::step && soon)) return;
  last_report_ = Clock::now();
  if (callback_(p) == Control::stop) stopped_ = true;
}

TrainResult TrainingRun::finish() {
  if (best_.defined())
    parameters_.copy_(best_);
  else if (diverged_ && culprits_.empty())
    optimizer_->undo(parameters_, last_rate_);  // back to where the loss was still finite
  if (best_.defined() || diverged_) adapter_->refresh();
  TrainProgress last = progress(TrainEvent::finished);
  last.seconds_left = 0;
  const bool cancelled = stopped_;
  if (!cancelled && !diverged_) report(last);

  auto record = std::make_shared<TrainingRecord>();
  record->config = config_;
  record->history = history_;
  record->held_out = held_out_;
  record->base_hash = model_.hash();
  record->base_name = model_.info().name;
  record->data_hash = data_hash_;
  record->system = data::usual_system_prompt(training_);
  record->examples = static_cast<std::int64_t>(training_.size());
  record->diagnosis = diagnose(history_, config_, record->examples, diverged_, culprits_);
  std::map<std::string, double>& metrics = record->metrics;
  metrics = {{"train_loss", train_loss_},
             {"seconds", last.seconds},
             {"tokens_per_second", last.tokens_per_second},
             {"examples_per_minute", last.examples_per_minute},
             {"peak_memory", static_cast<double>(last.peak_memory)},
             {"steps", static_cast<double>(step_)},
             {"trained_tokens", static_cast<double>(tokens_)},
             {"computed_tokens", static_cast<double>(computed_tokens_)}};  // shared prefixes count once
  if (!std::isnan(loss_before_)) metrics["validation_loss_before"] = loss_before_;
  if (best_.defined()) {
    metrics["validation_loss"] = best_loss_;
    metrics["best_epoch"] = static_cast<double>(best_epoch_);
  } else if (!history_.empty()) {
    for (const TrainProgress& p : history_)
      if (p.event == TrainEvent::epoch && !std::isnan(p.validation_loss))
        metrics["validation_loss"] = p.validation_loss;
  }
  TrainResult result{model::with_adapter(model_, adapter_, config_.name, record),
                     history_,
                     record->diagnosis,
                     metrics,
                     config_,
                     cancelled};
  return result;
}

}  // namespace pmtune::train
