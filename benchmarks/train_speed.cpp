// One training run, timed: the pmtune side of benchmarks/peers/train_vs_peft.py.
//   train_speed MODEL DATA.jsonl WEIGHTS EPOCHS [MAX_MEMORY] -> {"tokens_per_second", "peak_memory", "computed",
//   "loss"} as JSON on stdout
#include <cstdlib>
#include <iostream>
#include <pmtune/pmtune.hpp>

using namespace pmtune;

int main(int count, char** values) {
  if (count != 5 && count != 6) return 2;
  try {
    ModelOptions options;
    options.weights = values[3];
    const Model model = Model::load(values[1], options);
    const Dataset data = Dataset::load(values[2]);
    TrainConfig config;
    config.validation = 0;
    config.schedule = "constant";
    config.warmup_ratio = 0;
    if (count == 6) config.max_memory = values[5];
    config.epochs = 1;
    LoraTrainer(model, config)
        .train(data.size() > 8 ? data.sample(8) : data);  // warms up caches and allocators, as on the other side
    config.epochs = std::atoi(values[4]);
    const TrainResult result = LoraTrainer(model, config).train(data);
    std::cout << "{\"tokens_per_second\": " << result.metrics.at("tokens_per_second")
              << ", \"peak_memory\": " << runtime_info().peak_resident << ", \"computed\": "
              << result.metrics.at("computed_tokens") / result.metrics.at("trained_tokens")  // part of the tokens
              << ", \"loss\": " << result.metrics.at("train_loss") << ", \"runtime\": \"" << runtime_info()
              << "\"}\n";
    return 0;
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
