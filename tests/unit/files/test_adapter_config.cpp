#include <doctest/doctest.h>

#include <limits>
#include <pmtune/error.hpp>
#include <string>

#include "base/atomic_file.hpp"
#include "base/json.hpp"
#include "builders.hpp"
#include "files/adapter_config.hpp"

using namespace pmtune;
using namespace pmtune::files;
using pmtune::test::TempFolder;

namespace {

AdapterConfig example() {
  AdapterConfig config;
  config.rank = 8;
  config.alpha = 16;
  config.dropout = 0.05;
  config.rslora = true;
  config.target_modules = {"v_proj", "q_proj", "v_proj"};
  config.base_model = "HuggingFaceTB/SmolLM2-135M-Instruct";
  return config;
}

Code code_of_writing(const AdapterConfig& config) {
  const TempFolder folder;
  try {
    write_adapter_config(folder.path(), config);
  } catch (const Error& error) {
    CHECK(std::filesystem::is_empty(folder.path()));
    return error.code();
  }
  FAIL("it was written");
  return Code::internal;
}

}  // namespace

TEST_CASE("an adapter's settings are read as they were written, modules sorted and once each") {
  const TempFolder folder;
  write_adapter_config(folder.path(), example());
  const AdapterConfig config = read_adapter_config(folder.path());
  CHECK(config.rank == 8);
  CHECK(config.alpha == 16);
  CHECK(config.dropout == 0.05);
  CHECK(config.rslora);
  CHECK(config.target_modules == std::vector<std::string>{"q_proj", "v_proj"});
  CHECK(config.base_model == example().base_model);
}

TEST_CASE("the file says what PEFT asks for") {
  const TempFolder folder;
  AdapterConfig config = example();
  config.base_model.clear();
  write_adapter_config(folder.path(), config);
  const Json json = parse_json_or_throw(read_text_file(folder.path() / "adapter_config.json"), "adapter_config.json");
  CHECK(json["peft_type"] == "LORA");
  CHECK(json["task_type"] == "CAUSAL_LM");
  CHECK(json["r"] == 8);
  CHECK(json["lora_alpha"].is_number_integer());
  CHECK(json["bias"] == "none");
  CHECK(json["fan_in_fan_out"] == false);
  CHECK(json["init_lora_weights"] == true);
  CHECK(json["inference_mode"] == true);
  CHECK(json["use_rslora"] == true);
  CHECK(json["base_model_name_or_path"].is_null());
}

TEST_CASE("a small file by hand, with PEFT's defaults for what is not said") {
  const TempFolder folder;
  folder.write("adapter_config.json", R"({"peft_type":"LORA","r":4,"target_modules":["q_proj"]})");
  const AdapterConfig config = read_adapter_config(folder.path());
  CHECK(config.rank == 4);
  CHECK(config.alpha == 8);
  CHECK(config.dropout == 0);
  CHECK_FALSE(config.rslora);
  CHECK(config.base_model.empty());
}

TEST_CASE("a folder without the file is not found") {
  const TempFolder folder;
  try {
    read_adapter_config(folder.path());
    FAIL("found");
  } catch (const Error& error) {
    CHECK(error.code() == Code::not_found);
  }
}

TEST_CASE("settings out of range are not written") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  AdapterConfig config = example();
  for (const std::int64_t rank : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{4097}}) {
    config = example();
    config.rank = rank;
    CHECK(code_of_writing(config) == Code::invalid_argument);
  }
  for (const double alpha : {0.0, -1.0, nan, infinite}) {
    config = example();
    config.alpha = alpha;
    CHECK(code_of_writing(config) == Code::invalid_argument);
  }
  for (const double dropout : {-0.1, 1.0, nan}) {
    config = example();
    config.dropout = dropout;
    CHECK(code_of_writing(config) == Code::invalid_argument);
  }
  config = example();
  config.target_modules.clear();
  CHECK(code_of_writing(config) == Code::invalid_argument);
  config.target_modules = {""};
  CHECK(code_of_writing(config) == Code::invalid_argument);
  config = example();
  config.base_model = "\xFF";
  CHECK(code_of_writing(config) == Code::invalid_argument);
}
