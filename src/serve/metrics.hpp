// Numbers for Prometheus, in its text format.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "serve/model_shelf.hpp"

namespace pmtune::serve {

class Metrics {
 public:
  void count_request(const std::string& path, int status, double seconds);
  void count_answer(const Generation& answer);
  void count_cancelled();

  // What changes while one looks.
  struct Now {
    std::size_t connections = 0;
    std::int64_t waiting = 0;
    std::vector<ModelShelf::State> models;
  };
  std::string text(const Now& now) const;

 private:
  static constexpr std::array<double, 8> bounds{0.01, 0.1, 0.5, 1, 5, 20, 60, 300};  // seconds
  struct Times {
    std::array<std::int64_t, bounds.size()> up_to{};
    std::int64_t count = 0;
    double sum = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::int64_t> requests_;  // by path and status
  std::map<std::string, Times> times_;
  std::int64_t prompt_tokens_ = 0, cached_tokens_ = 0, written_tokens_ = 0, cancelled_ = 0;
};

}  // namespace pmtune::serve
