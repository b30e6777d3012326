#include "train/optimizer.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/ops.hpp"

namespace pmtune::train {

std::int64_t warmup_steps(const TrainConfig& config, std::int64_t steps) {
  const auto wanted = static_cast<std::int64_t>(std::ceil(config.warmup_ratio * static_cast<double>(steps)));
  return std::clamp<std::int64_t>(wanted, 0, std::max<std::int64_t>(0, steps - 1));
}

double learning_rate_at(const TrainConfig& config, std::int64_t step, std::int64_t steps) {
  const std::int64_t warmup = warmup_steps(config, steps);
  if (step < warmup) return config.learning_rate * static_cast<double>(step + 1) / static_cast<double>(warmup + 1);
  if (config.schedule == "constant" || steps <= warmup) return config.learning_rate;
  const double done = static_cast<double>(step - warmup) / static_cast<double>(steps - warmup);
  if (config.schedule == "linear") return config.learning_rate * (1 - done);
  return config.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

AdamW::AdamW(const TrainConfig& config, const at::Tensor& parameters)
    : mean(at::zeros_like(parameters)),
      variance(at::zeros_like(parameters)),
      beta1_(config.beta1),
      beta2_(config.beta2),
      epsilon_(config.epsilon),
      weight_decay_(config.weight_decay) {}

void AdamW::step(at::Tensor& parameters, const at::Tensor& gradient, double learning_rate) {
  ++steps;
#if PMTUNE_HAVE_FUSED_ADAMW
  if (!kernels::UseReference::active()) {
    const at::Tensor count = at::full({}, static_cast<double>(steps), parameters.options());  // 1 at the first step
    at::_fused_adamw_(at::TensorList(parameters), at::TensorList(gradient), at::TensorList(mean),
                      at::TensorList(variance), {}, at::TensorList(count), learning_rate, beta1_, beta2_,
                      weight_decay_, epsilon_, false, false);
    return;
  }
#endif
  parameters.mul_(1 - learning_rate * weight_decay_);
  mean.lerp_(gradient, 1 - beta1_);
  variance.mul_(beta2_).addcmul_(gradient, gradient, 1 - beta2_);
  parameters.addcdiv_(mean, divisor(), -learning_rate / (1 - std::pow(beta1_, static_cast<double>(steps))));
}

void AdamW::undo(at::Tensor& parameters, double learning_rate) const {
  if (steps == 0) return;
  parameters.addcdiv_(mean, divisor(), learning_rate / (1 - std::pow(beta1_, static_cast<double>(steps))));
  parameters.div_(1 - learning_rate * weight_decay_);
}

at::Tensor AdamW::divisor() const {
  return (variance / (1 - std::pow(beta2_, static_cast<double>(steps)))).sqrt_().add_(epsilon_);
}

double clip(at::Tensor& gradient, double most) {
  const double length = gradient.norm().item<double>();
  if (most > 0 && std::isfinite(length) && length > most) gradient.mul_(most / length);
  return length;
}

}  // namespace pmtune::train
