#include "train/diagnosis.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/fail.hpp"

namespace pmtune::train {
namespace {

// Below this the model recites its examples (docs/suggest.md; the guide's own log of overfitting falls from 0.15 to
// 0.0001).
constexpr double kRecited = 0.2;
constexpr std::int64_t kFewestExamples = 20;
constexpr std::int64_t kEnoughSteps = 5;  // fewer say nothing about whether the model learns

std::string two(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::string listed(const std::vector<std::string>& names) {
  std::string list = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) list += (i + 1 < names.size() ? ", " : " and ") + names[i];
  return list;
}

std::vector<const TrainProgress*> epochs_of(const std::vector<TrainProgress>& history) {
  std::vector<const TrainProgress*> epochs;
  for (const TrainProgress& p : history)
    if (p.event == TrainEvent::epoch) epochs.push_back(&p);
  return epochs;
}

double validation_before(const std::vector<TrainProgress>& history) {
  for (const TrainProgress& p : history)
    if (p.event == TrainEvent::started) return p.validation_loss;
  return std::nan("");
}

void about_training_loss(const std::vector<const TrainProgress*>& epochs, const TrainConfig& config,
                         std::vector<Diagnosis>& found) {
  const double first =
      epochs.front()->epoch_losses.empty() ? epochs.front()->loss : epochs.front()->epoch_losses.front();
  const double last = epochs.back()->loss;
  if (last < kRecited)
    found.push_back(
        {"overfitting", Severity::warning,
         concat("The training loss fell to ", two(last), ": the model has learned the examples by heart."),
         "Use fewer epochs or a lower learning rate, or add more varied examples."});
  else if (epochs.back()->step >= kEnoughSteps && last > 0.97 * first)
    found.push_back({"not_learning", Severity::warning,
                     concat("The training loss hardly moved (", two(first), " to ", two(last), ")."),
                     concat("Raise the learning rate (now ", config.learning_rate,
                            "), add epochs, and check that the answers are what you want.")});
}

void about_validation(const std::vector<TrainProgress>& history, const std::vector<const TrainProgress*>& epochs,
                      const TrainConfig& config, std::vector<Diagnosis>& found) {
  const double before = validation_before(history);
  std::vector<double> after;
  for (const TrainProgress* p : epochs)
    if (!std::isnan(p->validation_loss)) after.push_back(p->validation_loss);
  if (std::isnan(before) || after.empty()) return;
  const auto best = std::min_element(after.begin(), after.end());
  if (*best < before)
    found.push_back({"learned", Severity::warning,
                     concat("On examples it had not seen, the loss fell from ", two(before), " to ", two(*best), "."),
                     ""});
  else
    found.push_back({"did_not_generalise", Severity::warning,
                     concat("On examples it had not seen, the loss did not fall (", two(before), " before, ",
                            two(*best), " at best)."),
                     "Add examples that are closer to what you want to ask, or lower the learning rate."});
  if (best + 1 != after.end() && after.back() > *best * 1.01)
    found.push_back(
        {"overfitting", Severity::warning,
         concat("After epoch ", best - after.begin() + 1, " the loss on unseen examples rose again (", two(*best),
                " to ", two(after.back()), ")", config.keep_best ? "; the state of that epoch was kept." : "."),
         "Fewer epochs would have been enough; more varied examples help most."});
}

}  // namespace

std::vector<Diagnosis> diagnose(const std::vector<TrainProgress>& history, const TrainConfig& config,
                                std::int64_t examples, bool diverged, const std::vector<std::string>& culprits) {
  std::vector<Diagnosis> found;
  if (diverged && culprits.empty())
    found.push_back({"diverged", Severity::error,
                     "The loss became infinite, so training was stopped and the last good state was kept.",
                     concat("Halve the learning rate (now ", config.learning_rate, ") and train again.")});
  else if (diverged)
    found.push_back({"diverged", Severity::error,
                     concat("The loss of ", listed(culprits),
                            " is not a finite number, so training was stopped and the last good state was kept."),
                     "Take that example out and train again; the others of its step are fine."});
  const std::vector<const TrainProgress*> epochs = epochs_of(history);
  if (!epochs.empty()) {
    about_training_loss(epochs, config, found);
    about_validation(history, epochs, config, found);
  }
  if (examples < kFewestExamples)
    found.push_back(
        {"few_examples", Severity::warning, concat("Only ", examples, " examples were trained on."),
         concat("From ", kFewestExamples, " varied examples on, results become dependable; 50 are better.")});
  return found;
}

}  // namespace pmtune::train
