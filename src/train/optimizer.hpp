// AdamW over one flat buffer, the learning rate's course, and gradient clipping.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <pmtune/lora_trainer.hpp>

namespace pmtune::train {

// The learning rate of step `step` (from 0) of `steps`: a linear rise over the warm-up, then cosine or linear to 0,
// or constant. As transformers' schedules, but that the warm-up's first step already learns.
double learning_rate_at(const TrainConfig& config, std::int64_t step, std::int64_t steps);

// Steps of the warm-up: warmup_ratio of all, rounded up, and never all of them.
std::int64_t warmup_steps(const TrainConfig& config, std::int64_t steps);

// Loshchilov & Hutter 2019, https://arxiv.org/abs/1711.05101.
class AdamW {
 public:
  AdamW(const TrainConfig& config, const at::Tensor& parameters);
  void step(at::Tensor& parameters, const at::Tensor& gradient, double learning_rate);
  // Takes the last step back, but for rounding: the moments still tell what it was. At most once a step; nothing
  // before the first.
  void undo(at::Tensor& parameters, double learning_rate) const;
  // Moments and step count, for checkpoints.
  at::Tensor mean, variance;
  std::int64_t steps = 0;

 private:
  at::Tensor divisor() const;

  double beta1_, beta2_, epsilon_, weight_decay_;
};

// The gradient's length; scaled down to `most` when it is longer (most 0: never).
double clip(at::Tensor& gradient, double most);

}  // namespace pmtune::train
