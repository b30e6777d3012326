// Includes everything, uses a little of each room that needs no model, and sees an Error come out of the library
// whole.
#include <iostream>
#include <pmtune/pmtune.hpp>

int main() {
  const auto data = pmtune::Dataset::parse(R"({"messages": [{"role": "user", "content": "Name one metric."}, )"
                                           R"({"role": "assistant", "content": "Activation rate."}]})"
                                           "\n");
  pmtune::TrainConfig config = pmtune::TrainConfig::preset("balanced");
  config.max_memory = "6GB";
  config.validate();
  try {
    pmtune::Model::load("/nowhere/model.gguf");
  } catch (const pmtune::Error& error) {
    std::cout << pmtune::runtime_info() << '\n' << error.what() << '\n';
    return error.code() == pmtune::Code::not_found && data.size() == 1 ? 0 : 1;
  }
  return 1;
}
