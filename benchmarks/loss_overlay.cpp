// The losses of a hundred steps, fast path beside plain path:
//   loss_overlay MODEL DATA.jsonl WEIGHTS [STEPS] -> the largest difference, and every tenth pair
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <pmtune/pmtune.hpp>
#include <vector>

#include "kernels/ops.hpp"

using namespace pmtune;

namespace {

std::vector<double> losses_of(const Model& model, const Dataset& data, const TrainConfig& config, std::size_t steps) {
  std::vector<double> losses;
  const TrainResult result = LoraTrainer(model, config).train(data);
  for (const TrainProgress& p : result.history)
    if (p.event == TrainEvent::step && losses.size() < steps) losses.push_back(p.loss);
  return losses;
}

}  // namespace

int main(int count, char** values) {
  if (count != 4 && count != 5) return 2;
  try {
    ModelOptions options;
    options.weights = values[3];
    const Model model = Model::load(values[1], options);
    const Dataset data = Dataset::load(values[2]);
    const std::size_t steps = count == 5 ? static_cast<std::size_t>(std::atoi(values[4])) : 100;
    TrainConfig config;
    config.validation = 0;
    config.batch_size = 2;
    config.learning_rate = 1e-3;
    const std::size_t steps_an_epoch = (data.size() + 1) / 2;
    config.epochs = static_cast<std::int64_t>((steps + steps_an_epoch - 1) / steps_an_epoch);
    const std::vector<double> fast = losses_of(model, data, config, steps);
    const kernels::UseReference plain_path;
    const std::vector<double> plain = losses_of(model, data, config, steps);
    double most = 0;
    for (std::size_t i = 0; i < plain.size(); ++i) most = std::max(most, std::abs(fast[i] - plain[i]));
    std::printf("%s, %zu steps, losses fast | plain:", values[3], plain.size());
    for (std::size_t i = 9; i < plain.size(); i += 10) std::printf(" %.4f|%.4f", fast[i], plain[i]);
    std::printf("\nlargest difference of a step's loss: %.2g\n", most);
    return 0;
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
