// What a person reads of a training run: the log lines, the plan.
#include <cmath>
#include <cstdio>
#include <ostream>
#include <pmtune/lora_trainer.hpp>
#include <string>

#include "base/duration.hpp"
#include "base/fail.hpp"

namespace pmtune {
namespace {

std::string number(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

// A loss with as many digits as it deserves: 2.45, 0.031.
std::string loss_text(double loss) { return number(loss, loss < 0.095 ? 4 : 2); }

std::string course(const TrainProgress& p) {
  if (p.epoch_losses.empty()) return loss_text(p.loss);
  std::string text;
  for (double loss : p.epoch_losses) text += (text.empty() ? "" : " → ") + loss_text(loss);
  return text;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const TrainProgress& p) {
  switch (p.event) {
    case TrainEvent::started:
      out << "Training starts: " << p.epochs << " epochs, " << p.steps << " steps";
      if (!std::isnan(p.validation_loss)) out << ", validation loss before " << loss_text(p.validation_loss);
      return out;
    case TrainEvent::step:
      return out << "Step " << p.step << "/" << p.steps << " - Loss: " << loss_text(p.loss) << " | learning rate "
                 << number(p.learning_rate * 1e4, 2) << "e-4 | " << number(p.tokens_per_second, 0) << " tokens/s | "
                 << duration_text(p.seconds_left) << " left";
    case TrainEvent::epoch:
      out << "Epoch " << p.epoch << "/" << p.epochs << " - Loss: " << course(p);
      if (!std::isnan(p.validation_loss)) out << " | validation " << loss_text(p.validation_loss);
      return out << " | " << number(p.examples_per_minute, 0) << " examples/min";
    case TrainEvent::finished:
      return out << "Training completed successfully! " << p.step << " steps in " << duration_text(p.seconds)
                 << ", peak memory " << to_string(ByteSize(p.peak_memory));
  }
  return out;
}

std::ostream& operator<<(std::ostream& out, const Plan& plan) {
  out << "Plan: " << plan.examples << " examples, " << plan.tokens_per_epoch << " tokens an epoch ("
      << plan.taught_tokens_per_epoch << " taught), longest " << plan.longest_example << " tokens; " << plan.steps
      << " steps" << (plan.fits ? ", about " + duration_text(plan.seconds) : "") << "\n"
      << "      peak memory about " << to_string(ByteSize(plan.peak_memory)) << ": weights "
      << to_string(ByteSize(plan.weights)) << ", adapter and optimiser " << to_string(ByteSize(plan.adapter))
      << ", activations " << to_string(ByteSize(plan.activations)) << " (" << plan.micro_batch_tokens
      << " tokens at once" << (plan.recompute == "full" ? ", recomputed" : "") << "), runtime "
      << to_string(ByteSize(plan.runtime)) << "; disk " << to_string(ByteSize(plan.disk));
  for (const std::string& note : plan.notes) out << "\n      " << note;
  return out;
}

}  // namespace pmtune
