// What a Dataset holds; only the .cpp files of the class see it.
#pragma once

#include <mutex>
#include <pmtune/dataset.hpp>

namespace pmtune {

struct Dataset::Impl {
  std::vector<Example> examples;
  mutable std::once_flag hashed;
  mutable std::string hash;

  static std::shared_ptr<const Impl> of(std::vector<Example> examples) {
    auto impl = std::make_shared<Impl>();
    impl->examples = std::move(examples);
    return impl;
  }
};

}  // namespace pmtune
