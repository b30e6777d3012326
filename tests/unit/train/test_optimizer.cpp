#include <ATen/ATen.h>
#include <doctest/doctest.h>

#include <cmath>

#include "kernels/ops.hpp"
#include "train/optimizer.hpp"

using namespace pmtune;

TEST_CASE("the schedules rise, fall and end as they should") {
  TrainConfig config;
  config.learning_rate = 1;
  config.warmup_ratio = 0.2;
  for (const char* schedule : {"cosine", "linear", "constant"}) {
    config.schedule = schedule;
    CAPTURE(schedule);
    CHECK(train::warmup_steps(config, 10) == 2);
    CHECK(train::learning_rate_at(config, 0, 10) == doctest::Approx(1.0 / 3));
    CHECK(train::learning_rate_at(config, 1, 10) == doctest::Approx(2.0 / 3));
    CHECK(train::learning_rate_at(config, 2, 10) == doctest::Approx(1));
    for (int step = 3; step < 10; ++step)
      CHECK(train::learning_rate_at(config, step, 10) <= train::learning_rate_at(config, step - 1, 10));
  }
  config.schedule = "linear";
  CHECK(train::learning_rate_at(config, 6, 10) == doctest::Approx(0.5));
  config.schedule = "cosine";
  CHECK(train::learning_rate_at(config, 6, 10) == doctest::Approx(0.5));
}

TEST_CASE("a run of one step still learns") {
  TrainConfig config;
  CHECK(train::warmup_steps(config, 1) == 0);
  CHECK(train::learning_rate_at(config, 0, 1) == doctest::Approx(config.learning_rate));
}

TEST_CASE("AdamW: the fused kernel and the formula agree") {
  TrainConfig config;
  config.weight_decay = 0.1;
  const auto run = [&] {
    at::manual_seed(5);
    at::Tensor parameters = at::randn({1000});
    train::AdamW optimizer(config, parameters);
    for (int step = 0; step < 20; ++step) optimizer.step(parameters, at::randn({1000}), 0.01);
    return parameters;
  };
  const at::Tensor fused = run();
  const kernels::UseReference plain;
  CHECK(at::allclose(fused, run(), 1e-5, 1e-6));
}

TEST_CASE("the first step of AdamW moves every parameter by the learning rate") {
  TrainConfig config;
  at::Tensor parameters = at::zeros({3});
  train::AdamW(config, parameters).step(parameters, at::tensor({1.0f, -2.0f, 0.5f}), 0.1);
  CHECK(at::allclose(parameters, at::tensor({-0.1f, 0.1f, -0.1f}), 1e-4));
}

TEST_CASE("clipping keeps the direction and tells the length") {
  at::Tensor gradient = at::tensor({3.0f, 4.0f});
  CHECK(train::clip(gradient, 1) == doctest::Approx(5));
  CHECK(at::allclose(gradient, at::tensor({0.6f, 0.8f})));
  CHECK(train::clip(gradient, 0) == doctest::Approx(1));
  CHECK(at::allclose(gradient, at::tensor({0.6f, 0.8f})));
}

TEST_CASE("AdamW's last step can be taken back") {
  TrainConfig config;
  config.weight_decay = 0.1;
  at::manual_seed(5);
  at::Tensor parameters = at::randn({300});
  train::AdamW optimizer(config, parameters);
  optimizer.undo(parameters, 0.01);  // nothing happened yet
  at::Tensor before;
  for (int step = 0; step < 3; ++step) {
    before = parameters.clone();
    optimizer.step(parameters, at::randn({300}), 0.01);
  }
  CHECK((parameters - before).abs().max().item<double>() > 1e-3);
  optimizer.undo(parameters, 0.01);
  CHECK((parameters - before).abs().max().item<double>() < 1e-6);
}
