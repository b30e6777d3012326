#include <doctest/doctest.h>

#include "registry/changes.hpp"

using namespace pmtune;
using namespace pmtune::registry;

TEST_CASE("what changed, in a line") {
  ModelVersion parent;
  parent.data_hash = "d1";
  parent.base_hash = "b1";
  parent.base_name = "SmolLM2";
  parent.metrics["examples"] = 17;
  parent.config = R"({"name": "A", "epochs": 3, "rank": 16, "target_modules": ["all-linear"], "max_memory": 0})";
  NewVersion next;
  next.data_hash = "d1";
  next.base_hash = "b1";
  next.base_name = "SmolLM2";
  next.metrics["examples"] = 17;
  next.config = parent.config;
  CHECK(changes_since(parent, next) == "nothing; trained again with the same data and options");

  next.config =
      R"({"rank": 16, "max_memory": 6000000000, "name": "A", "target_modules": ["q_proj", "v_proj"], "epochs": 5})";
  CHECK(changes_since(parent, next) == "epochs 3 → 5; target_modules all-linear → q_proj+v_proj");

  next.data_hash = "d2";
  next.metrics["examples"] = 24;
  next.base_hash = "b2";
  next.base_name = "Phi-3";
  next.config = parent.config;
  CHECK(changes_since(parent, next) == "data 17 → 24 examples; base SmolLM2 → Phi-3");
  next.metrics["examples"] = 17;
  next.base_name = "SmolLM2";
  CHECK(changes_since(parent, next) == "data (still 17 examples); base (another file of SmolLM2)");
  next.metrics.clear();
  next.base_hash = "b1";
  CHECK(changes_since(parent, next) == "data");
}

TEST_CASE("the hash of a configuration: order and immaterial options do not count") {
  const std::string one = R"({"name": "A", "epochs": 3, "rank": 16})";
  CHECK(config_hash(one) == config_hash(R"({"rank": 16, "epochs": 3, "name": "B", "max_memory": 7})"));
  CHECK(config_hash(one) != config_hash(R"({"name": "A", "epochs": 4, "rank": 16})"));
  CHECK(config_hash("not json") == config_hash("{}"));
}
