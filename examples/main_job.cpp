// The whole job in C++: check the examples, train, compare with the base model, register the result, ask it
// something.
//
//   main_job [dataset.jsonl [model [registry folder [suite]]]]
#include <iostream>
#include <pmtune/pmtune.hpp>
using namespace pmtune;

int main(int argc, char** argv) try {
  const std::string path = argc > 1 ? argv[1] : "examples/dataset.jsonl";
  const std::string model = argc > 2 ? argv[2] : "smollm2-135m-instruct";
  const std::string folder = argc > 3 ? argv[3] : "models";
  const std::string suite = argc > 4 ? argv[4] : "product-management";

  Dataset data = Dataset::load(path);  // throws Error naming file, line and cure
  Model base = Model::load(model);     // known name, GGUF file, HF folder, or registry reference

  TrainConfig config = TrainConfig::suggest(base, data, "balanced");  // documents | communications | balanced
  config.name = "PM-Assistant";

  LoraTrainer trainer(base, config);
  std::cout << trainer.plan(data) << '\n';  // predicted memory, time and disk, before any work
  TrainResult result = trainer.train(data, [](const TrainProgress& progress) {
    if (progress.event == TrainEvent::epoch) std::cout << progress << std::endl;
    return Control::resume;
  });
  for (const Diagnosis& diagnosis : result.diagnosis) std::cout << diagnosis.message << ' ' << diagnosis.fix << '\n';

  EvalReport report = Evaluator(suite).compare(base, result.model);  // base against tuned, honest verdict
  report.save_html("report.html");
  std::cout << report.verdict.sentence << '\n';

  ModelRegistry registry(folder);
  ModelVersion version = registry.add(result, report, "first version");  // PM-Assistant-v1
  registry.set_alias("primary", version);
  std::cout << registry.open("PM-Assistant@primary").chat("Write a user story for password reset functionality")
            << '\n';
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
