// TrainConfig: presets, checks, JSON, and the rule that adapts a preset to model and data.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <pmtune/lora_trainer.hpp>

#include "base/names.hpp"
#include "base/options.hpp"
#include "model/adapter.hpp"

namespace pmtune {
namespace {

// The size of model that the guide's presets were written for (Phi-3 Mini).
constexpr double kPresetParameters = 3.8e9;

// Two digits are enough for a rate that a person reads.
double two_digits(double value) {
  const double unit = std::pow(10.0, std::floor(std::log10(value)) - 1);
  return std::round(value / unit) * unit;
}

std::string rate_text(double rate) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2g", rate);
  return text;
}

}  // namespace

TrainConfig TrainConfig::preset(const std::string& name) {
  TrainConfig config;
  if (name == "balanced") return config;
  if (name == "documents") {
    config.learning_rate = 1e-4;
    config.batch_size = 2;
    config.epochs = 5;
    return config;
  }
  if (name == "communications") {
    config.learning_rate = 3e-4;
    config.batch_size = 8;
    config.context_length = 2048;
    return config;
  }
  fail(Code::invalid_argument, "There is no preset \"", name,
       "\"; the presets are documents, communications and balanced.",
       did_you_mean(name, {"documents", "communications", "balanced"}));
}

// docs/suggest.md has the grid behind these two rules.
TrainConfig TrainConfig::suggest(const Model& model, const Dataset& data, const std::string& preset_name) {
  TrainConfig config = preset(preset_name);
  const TrainConfig before = config;
  const double parameters = static_cast<double>(std::max<std::int64_t>(1, model.info().parameters));
  const double factor = std::clamp(std::sqrt(kPresetParameters / parameters), 0.5, 6.0);
  config.learning_rate = two_digits(config.learning_rate * factor);
  const auto examples = static_cast<std::int64_t>(std::max<std::size_t>(1, data.size()));
  // About a hundred examples seen in all, in at least the preset's epochs and at most 5 of them: validation picks the
  // best.
  config.epochs = std::max(config.epochs, std::min<std::int64_t>(5, (100 + examples - 1) / examples));
  char size[32];
  std::snprintf(size, sizeof size, parameters < 1e9 ? "%.0f million" : "%.1f billion",
                parameters < 1e9 ? parameters / 1e6 : parameters / 1e9);
  config.suggestion = concat("For a model of ", size, " parameters and ", examples, " examples, preset ", preset_name,
                             " is used with learning rate ", rate_text(config.learning_rate), " (preset ",
                             rate_text(before.learning_rate), ") and ", config.epochs, " epochs (preset ",
                             before.epochs, "); the epoch with the best validation loss is kept.");
  return config;
}

void TrainConfig::validate() const {
  validate_options(*this);
  check_model_name(name);  // a name that the registry would refuse must not cost a training first
  model::check_target_modules(target_modules);
}

std::string TrainConfig::to_json() const { return options_to_json(*this).dump(); }

TrainConfig TrainConfig::from_json(const std::string& text) {
  Json json;
  JsonFault fault;
  if (!parse_json(text, json, fault))
    fail(Code::invalid_argument, "The training options are not valid JSON at column ", fault.column, ": ",
         fault.reason, ".");
  TrainConfig config;
  options_from_json(config, json, "The training options");
  config.validate();
  return config;
}

}  // namespace pmtune
