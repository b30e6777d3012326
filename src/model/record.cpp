#include "model/record.hpp"

#include <cmath>

#include "base/atomic_file.hpp"
#include "base/options.hpp"

namespace pmtune::model {
namespace {

constexpr const char* kFile = "pmtune.json";

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
double number(const Json& json) { return json.is_number() ? json.get<double>() : std::nan(""); }

Json to_json(const TrainProgress& p) {
  return {{"event", static_cast<int>(p.event)},
          {"epoch", p.epoch},
          {"epochs", p.epochs},
          {"step", p.step},
          {"steps", p.steps},
          {"loss", number(p.loss)},
          {"validation_loss", number(p.validation_loss)},
          {"learning_rate", p.learning_rate},
          {"grad_norm", number(p.grad_norm)},
          {"tokens", p.tokens},
          {"tokens_per_second", number(p.tokens_per_second)},
          {"examples_per_minute", number(p.examples_per_minute)},
          {"seconds", p.seconds},
          {"peak_memory", p.peak_memory},
          {"epoch_losses", p.epoch_losses}};
}

TrainProgress progress_from(const Json& json) {
  TrainProgress p;
  p.event = static_cast<TrainEvent>(json.value("event", 1));
  p.epoch = json.value("epoch", std::int64_t{0});
  p.epochs = json.value("epochs", std::int64_t{0});
  p.step = json.value("step", std::int64_t{0});
  p.steps = json.value("steps", std::int64_t{0});
  p.loss = number(json.value("loss", Json()));
  p.validation_loss = number(json.value("validation_loss", Json()));
  p.learning_rate = json.value("learning_rate", 0.0);
  p.grad_norm = number(json.value("grad_norm", Json()));
  p.tokens = json.value("tokens", std::int64_t{0});
  p.tokens_per_second = number(json.value("tokens_per_second", Json()));
  p.examples_per_minute = number(json.value("examples_per_minute", Json()));
  p.seconds = json.value("seconds", 0.0);
  p.peak_memory = json.value("peak_memory", std::int64_t{0});
  p.epoch_losses = json.value("epoch_losses", std::vector<double>{});
  return p;
}

Json to_json(const TrainingRecord& record) {
  Json json;
  json["format"] = 1;
  json["config"] = options_to_json(record.config);
  json["suggestion"] = record.config.suggestion;
  json["base_name"] = record.base_name;
  json["base_hash"] = record.base_hash;
  json["data_hash"] = record.data_hash;
  json["system"] = record.system;
  json["examples"] = record.examples;
  json["held_out"] = record.held_out.to_jsonl();
  json["metrics"] = Json::object();
  for (const auto& [name, value] : record.metrics) json["metrics"][name] = number(value);
  json["diagnosis"] = Json::array();
  for (const Diagnosis& d : record.diagnosis)
    json["diagnosis"].push_back(
        {{"code", d.code}, {"severity", static_cast<int>(d.severity)}, {"message", d.message}, {"fix", d.fix}});
  json["history"] = Json::array();
  for (const TrainProgress& p : record.history) json["history"].push_back(to_json(p));
  return json;
}

std::shared_ptr<const TrainingRecord> record_from(const Json& json) {
  auto record = std::make_shared<TrainingRecord>();
  options_from_json(record->config, json.at("config"), "config");
  record->config.suggestion = json.value("suggestion", "");
  record->base_name = json.value("base_name", "");
  record->base_hash = json.value("base_hash", "");
  record->data_hash = json.value("data_hash", "");
  record->system = json.value("system", "");
  record->examples = json.value("examples", std::int64_t{0});
  if (const std::string held_out = json.value("held_out", ""); !held_out.empty())
    record->held_out = Dataset::parse(held_out, "held-out examples");
  for (const auto& [name, value] : json.at("metrics").items()) record->metrics[name] = number(value);
  for (const Json& d : json.at("diagnosis"))
    record->diagnosis.push_back({d.value("code", ""),
                                 d.value("severity", 0) == 1 ? Severity::error : Severity::warning,
                                 d.value("message", ""), d.value("fix", "")});
  for (const Json& p : json.at("history")) record->history.push_back(progress_from(p));
  return record;
}

}  // namespace

void write_training_record(const std::filesystem::path& folder, const TrainingRecord& record) {
  write_file_atomically(folder / kFile, to_json(record).dump(1, ' ', false, Json::error_handler_t::replace));
}

std::shared_ptr<const TrainingRecord> read_training_record(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / kFile;
  if (!std::filesystem::exists(path)) return nullptr;
  const Json json = parse_json_or_throw(read_text_file(path, std::size_t{256} << 20), path.string());
  try {
    return record_from(json);
  } catch (const nlohmann::json::exception& error) {
    throw Error(
        Code::corrupt,
        concat("The training record ", path.string(), " is damaged; remove that file to use the adapter without it."),
        error.what());
  } catch (const Error& error) {
    throw Error(Code::corrupt, concat("The training record ", path.string(), " is damaged: ", error.what()),
                error.detail());
  }
}

}  // namespace pmtune::model
