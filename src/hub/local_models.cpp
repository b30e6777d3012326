// The list of local models, as hub.hpp offers it.
#include <ostream>
#include <pmtune/device.hpp>
#include <pmtune/hub.hpp>

#include "base/utf8.hpp"
#include "hub/inspect.hpp"

namespace pmtune {

std::vector<LocalModel> local_models() {
  const std::int64_t memory = runtime_info().memory_total;
  std::vector<LocalModel> models;
  for (const hub::Candidate& candidate : hub::find_candidates()) {
    LocalModel model = hub::inspect(candidate, memory);
    // A path that is no text could be passed on by no door.
    if (!hub::is_no_model(model) && find_invalid_utf8(model.source) == std::string::npos)
      models.push_back(std::move(model));
  }
  return models;
}

std::ostream& operator<<(std::ostream& out, const LocalModel& model) {
  out << model.name << ": " << to_string(ByteSize(model.bytes));
  if (!model.quantization.empty()) out << ", " << model.quantization;
  return out << (model.trains ? ", trains" : ", does not train: ") << model.reason;
}

}  // namespace pmtune
