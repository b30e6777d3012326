// The list of local models, as hub.hpp offers it.
#include <algorithm>
#include <atomic>
#include <future>
#include <ostream>
#include <pmtune/device.hpp>
#include <pmtune/hub.hpp>
#include <thread>

#include "base/utf8.hpp"
#include "hub/inspect.hpp"

namespace pmtune {
namespace {

// Each holds the tokenizer of one model, which is most of the work: a tenth of a second and tens of MB.
constexpr unsigned most_threads = 4;

std::vector<LocalModel> inspect_all(const std::vector<hub::Candidate>& candidates, std::int64_t memory) {
  std::vector<LocalModel> models(candidates.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < candidates.size();) models[i] = hub::inspect(candidates[i], memory);
  };
  const unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1u, most_threads);
  std::vector<std::future<void>> others;
  for (unsigned i = 1; i < std::min<std::size_t>(threads, candidates.size()); ++i)
    others.push_back(std::async(std::launch::async, work));
  work();
  for (std::future<void>& other : others) other.get();
  return models;
}

}  // namespace

std::vector<LocalModel> local_models() {
  std::vector<LocalModel> models = inspect_all(hub::find_candidates(), runtime_info().memory_total);
  // A path that is no text could be passed on by no door.
  std::erase_if(models, [](const LocalModel& model) {
    return hub::is_no_model(model) || find_invalid_utf8(model.source) != std::string::npos;
  });
  return models;
}

std::ostream& operator<<(std::ostream& out, const LocalModel& model) {
  out << model.name << ": " << to_string(ByteSize(model.bytes));
  if (!model.quantization.empty()) out << ", " << model.quantization;
  return out << (model.trains ? ", trains" : ", does not train: ") << model.reason;
}

}  // namespace pmtune
