// Fine-tuning: teaches a model the examples by training a small LoRA adapter beside its frozen weights.
//
// clang-format off
//   TrainConfig config = TrainConfig::suggest(model, data, "balanced");  // the guide's preset, fitted to size and data
//   LoraTrainer trainer(model, config);
//   std::cout << trainer.plan(data) << '\n';                            // memory, time, disk; before any work
//   TrainResult result = trainer.train(data, [](const TrainProgress& p) {
//     std::cout << p << '\n';
//     return Control::resume;
//   });
//   for (const Diagnosis& d : result.diagnosis) std::cout << d.message << ' ' << d.fix << '\n';
// clang-format on
//
// LoRA: Hu et al. 2021, https://arxiv.org/abs/2106.09685. The adapter that results is a PEFT folder.
#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <pmtune/dataset.hpp>
#include <pmtune/export.hpp>
#include <pmtune/fields.hpp>
#include <pmtune/model.hpp>

namespace pmtune {

struct PMTUNE_API TrainConfig {
  std::string name = "PM-Assistant";
  double learning_rate = 2e-4;
  std::int64_t batch_size = 4;
  std::int64_t epochs = 3;
  std::int64_t context_length = 4096;
  std::int64_t rank = 16;
  double alpha = 32;
  double dropout = 0;
  bool rslora = false;
  std::vector<std::string> target_modules = {"all-linear"};
  std::string schedule = "cosine";
  double warmup_ratio = 0.1;
  double weight_decay = 0;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double max_grad_norm = 1;
  std::uint64_t seed = 0;
  std::string long_examples = "split";
  double validation = 0.1;
  bool keep_best = true;
  std::int64_t micro_batch_tokens = 0;
  std::string recompute = "auto";
  std::string checkpoint_dir;
  ByteSize max_memory;
  std::int64_t top_layers = 0;

  // The guide's three starting points: "documents" (PRDs, specifications: 1e-4, batch 2, 5 epochs, context 4096),
  // "communications" (e-mails, updates: 3e-4, 8, 3, 2048), "balanced" (2e-4, 4, 3, 4096). They suit a model of 3 to 4
  // billion parameters. Throws invalid_argument naming the presets.
  static TrainConfig preset(const std::string& name);

  // The preset, with learning rate and epochs adapted to the size of the model and of the data. docs/suggest.md shows
  // the measurements behind the rule.
  static TrainConfig suggest(const Model& model, const Dataset& data, const std::string& preset = "balanced");

  // Throws invalid_argument, naming the option, its value and its range.
  void validate() const;

  std::string to_json() const;
  static TrainConfig from_json(const std::string& text);  // unknown names are errors, with the nearest right name

  std::string suggestion;  // set by suggest(): what was changed and why, one sentence; not an option, and no longer
                           // true once learning_rate or epochs are set by hand
};

template <class Visit>
void fields(TrainConfig& c, Visit&& visit) {
  visit(Field("name", "what the registry calls the result; versions are NAME-v1, NAME-v2, ..."), c.name);
  visit(Field("learning_rate", "how far each step goes; smaller models need more").above(0, 1), c.learning_rate);
  visit(Field("batch_size", "examples in one optimiser step").range(1, 65536).in("examples"), c.batch_size);
  visit(Field("epochs", "how often every example is seen").range(1, 1000), c.epochs);
  visit(Field("context_length", "the longest example, prompt and answer together").range(8, 1048576).in("tokens"),
        c.context_length);
  visit(Field("rank", "width of the adapter; 8 to 16 is plenty for 100 examples").range(1, 4096), c.rank);
  visit(Field("alpha", "strength of the adapter: its output is scaled by alpha / rank").above(0, 1e6), c.alpha);
  visit(Field("dropout", "part of the adapter's input left out at random in training; 0 switches off").range(0, 0.99),
        c.dropout);
  visit(Field("rslora", "scale by alpha / sqrt(rank) instead, which suits high ranks (arXiv 2312.03732)"), c.rslora);
  visit(Field("target_modules",
              "layers that get an adapter: all-linear, or q_proj k_proj v_proj o_proj gate_proj up_proj down_proj "
              "(Phi-3: "
              "qkv_proj o_proj gate_up_proj down_proj)"),
        c.target_modules);
  visit(Field("schedule", "how the learning rate goes on after the warm-up").one_of("cosine|linear|constant"),
        c.schedule);
  visit(
      Field("warmup_ratio", "part of all steps in which the learning rate rises from 0; 0 switches off").range(0, 1),
      c.warmup_ratio);
  visit(Field("weight_decay", "pull of the adapter's weights towards 0 (AdamW); 0 switches off").range(0, 10),
        c.weight_decay);
  visit(Field("beta1", "memory of AdamW's mean").range(0, 0.9999), c.beta1);
  visit(Field("beta2", "memory of AdamW's variance").range(0, 0.999999), c.beta2);
  visit(Field("epsilon", "keeps AdamW's division finite").above(0, 1), c.epsilon);
  visit(Field("max_grad_norm", "longer gradients are cut to this length; 0 switches off").range(0, 1e6),
        c.max_grad_norm);
  visit(Field("seed", "fixes the start, the order and the split").range(0, 1.8446744073709552e19), c.seed);
  visit(
      Field("long_examples", "an example over context_length: split it, truncate it (counted), or end with an error")
          .one_of("split|truncate|error"),
      c.long_examples);
  visit(
      Field("validation", "part of the examples held out to measure what was learned; 0 switches off").range(0, 0.9),
      c.validation);
  visit(Field("keep_best", "keep the state with the lowest validation loss instead of the last"), c.keep_best);
  visit(
      Field("micro_batch_tokens", "tokens worked on at once; less needs less memory and changes no result; 0 chooses")
          .range(0, 16777216)
          .in("tokens"),
      c.micro_batch_tokens);
  visit(Field("recompute",
              "full: keep only each layer's input and compute the rest again (less memory, a third slower); auto "
              "decides by max_memory")
            .one_of("auto|none|full"),
        c.recompute);
  visit(Field("checkpoint_dir", "folder for resumable checkpoints; empty writes none"), c.checkpoint_dir);
  visit(Field("max_memory", "the most memory that training may take, e.g. 6GB; 0 sets no limit")
            .range(0, 9e18)
            .in("bytes"),
        c.max_memory);
  visit(
      Field(
          "top_layers",
          "train only this many layers, the last ones: cheaper, and often enough for a style; what the layers below "
          "make of each example is computed once and kept on disk for the run. 0 trains all")
          .range(0, 100000)
          .in("layers"),
      c.top_layers);
}

enum class TrainEvent : int { started = 0, step = 1, epoch = 2, finished = 3 };

struct TrainProgress {
  TrainEvent event = TrainEvent::step;
  std::int64_t epoch = 0;  // from 1
  std::int64_t epochs = 0;
  std::int64_t step = 0;       // optimiser steps done
  std::int64_t steps = 0;      // in all
  double loss = 0;             // event step: of this step; epoch: mean over the epoch (nats per taught token)
  double validation_loss = 0;  // started and epoch events; NaN when nothing is held out or not measured here
  double learning_rate = 0;
  double grad_norm = 0;     // before clipping
  std::int64_t tokens = 0;  // so far, prompts included
  double tokens_per_second = 0;
  double examples_per_minute = 0;
  double seconds = 0;                // since the start
  double seconds_left = 0;           // estimated
  std::int64_t peak_memory = 0;      // bytes, of the process
  std::vector<double> epoch_losses;  // epoch and finished events: four points along the epoch, for the log line
};

// The guide's log: "Epoch 1/3 - Loss: 2.45 → 1.82 → 1.54 → 1.31 | validation 1.40 | 62 examples/min".
PMTUNE_API std::ostream& operator<<(std::ostream& out, const TrainProgress& progress);

// Called on the thread that runs train(), at most every 100 ms for steps, always for the other events. It may call
// cancel() and pause(). What it throws ends the training and comes out of train() unchanged.
using ProgressCallback = std::function<Control(const TrainProgress&)>;

// What happened, in the guide's terms: "not_learning", "overfitting", "diverged", "too_fast", "learned", ...
// Severity::error: the result should not be used; warning: something to know.
struct Diagnosis {
  std::string code;
  Severity severity = Severity::warning;
  std::string message;
  std::string fix;
};

// Predicted before any work. Bytes are peaks.
struct Plan {
  std::int64_t peak_memory = 0;  // of the process: the sum of the parts below
  std::int64_t weights = 0;
  std::int64_t adapter = 0;  // parameters, gradients, optimiser moments
  std::int64_t activations = 0;
  std::int64_t runtime = 0;  // libtorch itself and scratch
  double seconds = 0;        // 0 when it does not fit
  std::int64_t disk = 0;     // bytes of the finished version
  std::int64_t examples = 0;
  std::int64_t steps = 0;
  std::int64_t tokens_per_epoch = 0;
  std::int64_t taught_tokens_per_epoch = 0;
  std::int64_t longest_example = 0;  // tokens
  std::int64_t micro_batch_tokens = 0;
  std::string recompute;           // "none" or "full": what would be chosen
  bool fits = true;                // within max_memory and the memory available now
  std::vector<std::string> notes;  // what other choices would save, and what to know
};
PMTUNE_API std::ostream& operator<<(std::ostream& out, const Plan& plan);

// How an adapter came to be; travels with it (pmtune.json in the adapter folder).
struct TrainingRecord {
  TrainConfig config;                  // as used
  std::vector<TrainProgress> history;  // every step and epoch
  Dataset held_out;                    // the validation examples, for later comparison
  std::string base_hash;
  std::string base_name;
  std::string data_hash;  // of the set given to train(), before validation examples were held out
  std::string
      system;  // the system prompt of the first example, empty without one: how the model expects to be addressed
  std::int64_t examples = 0;  // trained on
  std::map<std::string, double> metrics;
  std::vector<Diagnosis> diagnosis;
};

struct PMTUNE_API TrainResult {
  Model model;                         // the base with the new adapter
  std::vector<TrainProgress> history;  // every step and epoch
  std::vector<Diagnosis> diagnosis;
  // train_loss, validation_loss_before, validation_loss, best_epoch, seconds, tokens_per_second, examples_per_minute,
  // peak_memory, steps, trained_tokens, computed_tokens (what examples share at their beginning is computed once a
  // micro-batch); a metric that was not measured is absent
  std::map<std::string, double> metrics;
  TrainConfig config;
  bool cancelled = false;  // stopped early by callback or cancel(); the model holds what was learned until then
};

class PMTUNE_API LoraTrainer {
 public:
  // A model that carries an adapter goes on training that adapter. Throws invalid_argument for a bad config (also a
  // target module that the model does not have, or a rank larger than the layer).
  LoraTrainer(const Model& model, const TrainConfig& config);

  const TrainConfig& config() const;

  // What train() would need. Throws as train() does for data that cannot be trained on.
  Plan plan(const Dataset& data) const;

  // Runs to the end on the calling thread. validation: nullptr splits `data` by config.validation. resume: go on from
  // the newest checkpoint in config.checkpoint_dir. One training at a time a trainer: a second call throws busy.
  // Throws invalid_argument (no examples, nothing taught, an example too long), out_of_memory (naming what would
  // fit), cancelled (only before the first step), io. After an Error the trainer can be used again.
  TrainResult train(const Dataset& data, const ProgressCallback& progress = {}, const Dataset* validation = nullptr,
                    bool resume = false);

  // From any thread, lock-free. cancel: train() returns after the current micro-batch with what was learned so far.
  // pause: train() waits, using no processor, until resume() or cancel().
  void cancel() noexcept;
  void pause() noexcept;
  void resume() noexcept;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pmtune
