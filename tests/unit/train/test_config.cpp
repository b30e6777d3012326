#include <doctest/doctest.h>

#include <functional>
#include <pmtune/error.hpp>
#include <pmtune/lora_trainer.hpp>
#include <sstream>

using namespace pmtune;

namespace {

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    CHECK(error.code() == Code::invalid_argument);
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("the presets hold the guide's numbers") {
  const TrainConfig documents = TrainConfig::preset("documents"),
                    communications = TrainConfig::preset("communications"),
                    balanced = TrainConfig::preset("balanced");
  CHECK(documents.learning_rate == 1e-4);
  CHECK(documents.batch_size == 2);
  CHECK(documents.epochs == 5);
  CHECK(documents.context_length == 4096);
  CHECK(communications.learning_rate == 3e-4);
  CHECK(communications.batch_size == 8);
  CHECK(communications.epochs == 3);
  CHECK(communications.context_length == 2048);
  CHECK(balanced.learning_rate == 2e-4);
  CHECK(balanced.batch_size == 4);
  CHECK(balanced.epochs == 3);
  CHECK(balanced.context_length == 4096);
  CHECK(message_of([] { TrainConfig::preset("ballanced"); }).find("Did you mean \"balanced\"?") != std::string::npos);
}

TEST_CASE("a bad option names itself, its value and its range") {
  TrainConfig config;
  config.learning_rate = 0;
  CHECK(message_of([&] { config.validate(); }) == "Option learning_rate is 0; it must be above 0 up to 1.");
  config = {};
  config.schedule = "cosin";
  CHECK(message_of([&] { config.validate(); }).find("Did you mean \"cosine\"?") != std::string::npos);
  config = {};
  config.target_modules = {"q_prj"};
  CHECK(message_of([&] { config.validate(); }).find("Did you mean \"q_proj\"?") != std::string::npos);
  config.target_modules = {};
  CHECK(message_of([&] { config.validate(); }).find("target_modules is empty") != std::string::npos);
}

TEST_CASE("JSON there and back, and its mistakes") {
  TrainConfig config = TrainConfig::preset("documents");
  config.target_modules = {"q_proj", "v_proj"};
  config.max_memory = "6GB";
  const TrainConfig again = TrainConfig::from_json(config.to_json());
  CHECK(again.to_json() == config.to_json());
  CHECK(again.max_memory.bytes == 6'000'000'000);
  CHECK(message_of([] { TrainConfig::from_json("{\"epoch\": 3}"); }).find("Did you mean \"epochs\"?") !=
        std::string::npos);
  CHECK(message_of([] { TrainConfig::from_json("{\"epochs\": \"three\"}"); }).find("epochs takes a whole number") !=
        std::string::npos);
}

TEST_CASE("the log reads as the guide's") {
  TrainProgress p;
  p.event = TrainEvent::epoch;
  p.epoch = 1;
  p.epochs = 3;
  p.epoch_losses = {2.45, 1.82, 1.54, 1.31};
  p.validation_loss = 1.4;
  p.examples_per_minute = 62;
  std::ostringstream line;
  line << p;
  CHECK(line.str() == "Epoch 1/3 - Loss: 2.45 → 1.82 → 1.54 → 1.31 | validation 1.40 | 62 examples/min");
}
