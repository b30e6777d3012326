#include <sstream>

#include "guard.hpp"
#include "handles.hpp"
#include "option_table.hpp"
#include "records.hpp"

using namespace pmtune;
using namespace pmtune::capi;

struct pmt_trainer {
  LoraTrainer trainer;
  Callback<pmt_progress_fn> progress;
  std::atomic<bool> busy{false};

  pmt_trainer(const Model& model, const TrainConfig& config) : trainer(model, config) {}
};

namespace {

template <class Value>
std::string printed(const Value& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

pmt_progress event_of(const TrainProgress& progress, const std::string& text) {
  pmt_progress event{};
  event.struct_size = sizeof event;
  event.epoch = progress.epoch;
  event.epochs = progress.epochs;
  event.step = progress.step;
  event.steps = progress.steps;
  event.loss = progress.loss;
  event.validation_loss = progress.validation_loss;
  event.learning_rate = progress.learning_rate;
  event.grad_norm = progress.grad_norm;
  event.tokens = progress.tokens;
  event.tokens_per_second = progress.tokens_per_second;
  event.examples_per_minute = progress.examples_per_minute;
  event.seconds = progress.seconds;
  event.seconds_left = progress.seconds_left;
  event.peak_memory = progress.peak_memory;
  event.epoch_losses = progress.epoch_losses.data();
  event.n_epoch_losses = progress.epoch_losses.size();
  event.text = text.c_str();
  event.event = static_cast<std::int32_t>(progress.event);
  return event;
}

ProgressCallback progress_callback(const Callback<pmt_progress_fn>& host) {
  if (!host.function) return {};
  return [&host](const TrainProgress& progress) {
    const std::string text = printed(progress);
    const pmt_progress event = event_of(progress, text);
    return control_of(host.function(&event, host.data.get()));
  };
}

void train(pmt_trainer* trainer, const pmt_dataset* data, const pmt_dataset* validation, bool from_checkpoint,
           pmt_train_result** out) {
  require_out(out);
  pmt_trainer& handle = require(trainer, "trainer");
  const Dataset& examples = require(data, "data").data;
  const InUse in_use(handle.busy, "trainer");
  *out = new pmt_train_result{handle.trainer.train(examples, progress_callback(handle.progress),
                                                   validation ? &validation->data : nullptr, from_checkpoint)};
}

Plan plan_of(pmt_trainer* trainer, const pmt_dataset* data) {
  pmt_trainer& handle = require(trainer, "trainer");
  const Dataset& examples = require(data, "data").data;
  const InUse in_use(handle.busy, "trainer");
  return handle.trainer.plan(examples);
}

}  // namespace

pmt_status pmt_train_config_preset(pmt_train_config* config, size_t struct_size, const char* preset,
                                   pmt_error** err) noexcept {
  return guard(err, [&] {
    require(config, "config");
    check_size(struct_size, "pmt_train_config");
    write_options(config, struct_size, TrainConfig::preset(text_of(preset, "preset")));
  });
}

pmt_status pmt_train_config_suggest(pmt_train_config* config, size_t struct_size, const pmt_model* model,
                                    const pmt_dataset* data, const char* preset, pmt_buffer** why,
                                    pmt_error** err) noexcept {
  return guard(err, [&] {
    require(config, "config");
    check_size(struct_size, "pmt_train_config");
    const TrainConfig suggested =
        TrainConfig::suggest(require(model, "model").model, require(data, "data").data, text_of(preset, "preset"));
    std::unique_ptr<pmt_buffer> sentence;
    if (why) sentence.reset(new pmt_buffer{suggested.suggestion});
    write_options(config, struct_size, suggested);
    if (why) *why = sentence.release();
  });
}

pmt_status pmt_train_config_to_json(const pmt_train_config* config, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const TrainConfig read = read_options(&require(config, "config"));
    read.validate();
    give(out, read.to_json());
  });
}

pmt_status pmt_trainer_create(const pmt_model* model, const pmt_train_config* config, pmt_trainer** out,
                              pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    *out = new pmt_trainer(require(model, "model").model, read_options(config));
  });
}

pmt_status pmt_trainer_plan(pmt_trainer* trainer, const pmt_dataset* data, pmt_buffer** out,
                            pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, json_of(plan_of(trainer, data)));
  });
}

pmt_status pmt_trainer_plan_text(pmt_trainer* trainer, const pmt_dataset* data, pmt_buffer** out,
                                 pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, printed(plan_of(trainer, data)));
  });
}

pmt_status pmt_trainer_set_progress(pmt_trainer* trainer, pmt_progress_fn callback, void* user_data,
                                    pmt_destroy_fn destroy, pmt_error** err) noexcept {
  UserData owner(user_data, destroy);
  return guard(err, [&] {
    pmt_trainer& handle = require(trainer, "trainer");
    const InUse in_use(handle.busy, "trainer");
    handle.progress.set(callback, owner);
  });
}

pmt_status pmt_trainer_run(pmt_trainer* trainer, const pmt_dataset* data, const pmt_dataset* validation,
                           pmt_train_result** out, pmt_error** err) noexcept {
  return guard(err, [&] { train(trainer, data, validation, false, out); });
}

pmt_status pmt_trainer_run_from_checkpoint(pmt_trainer* trainer, const pmt_dataset* data,
                                           const pmt_dataset* validation, pmt_train_result** out,
                                           pmt_error** err) noexcept {
  return guard(err, [&] { train(trainer, data, validation, true, out); });
}

void pmt_trainer_cancel(pmt_trainer* trainer) noexcept {
  if (trainer) trainer->trainer.cancel();
}

void pmt_trainer_pause(pmt_trainer* trainer) noexcept {
  if (trainer) trainer->trainer.pause();
}

void pmt_trainer_resume(pmt_trainer* trainer) noexcept {
  if (trainer) trainer->trainer.resume();
}

void pmt_trainer_free(pmt_trainer* trainer) noexcept { delete trainer; }

pmt_status pmt_train_result_model(const pmt_train_result* result, pmt_model** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(result, "result").result.model);
  });
}

pmt_status pmt_train_result_history(const pmt_train_result* result, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, json_of(require(result, "result").result.history));
  });
}

pmt_status pmt_train_result_metrics(const pmt_train_result* result, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, Json(require(result, "result").result.metrics));
  });
}

pmt_status pmt_train_result_diagnosis(const pmt_train_result* result, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, json_of(require(result, "result").result.diagnosis));
  });
}

int32_t pmt_train_result_cancelled(const pmt_train_result* result) noexcept {
  return result && result->result.cancelled ? 1 : 0;
}

void pmt_train_result_free(pmt_train_result* result) noexcept { delete result; }
