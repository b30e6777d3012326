// The library's results as JSON, for doors that cannot pass C++ structs: the C interface and the command line's
// --json. A figure that is not a number (nothing was measured) becomes null.
#pragma once

#include <pmtune/pmtune.hpp>

#include "base/json.hpp"
#include "data/example_json.hpp"

namespace pmtune {

inline const char* to_string(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

inline const char* to_string(TrainEvent event) {
  switch (event) {
    case TrainEvent::started: return "started";
    case TrainEvent::step: return "step";
    case TrainEvent::epoch: return "epoch";
    case TrainEvent::finished: return "finished";
  }
  return "";
}

inline Json json_of(const RuntimeInfo& info) {
  return {{"version", info.version},
          {"torch_version", info.torch_version},
          {"cpu_capability", info.cpu_capability},
          {"cpu_bf16", info.cpu_bf16},
          {"threads", info.threads},
          {"devices", info.devices},
          {"memory_total", info.memory_total},
          {"memory_available", info.memory_available},
          {"resident", info.resident},
          {"peak_resident", info.peak_resident}};
}

inline Json json_of(const Problem& problem) {
  return {{"line", problem.line},
          {"severity", to_string(problem.severity)},
          {"code", problem.code},
          {"message", problem.message},
          {"fix", problem.fix}};
}

inline Json json_of(const InboxEntry& entry) {
  return {{"id", entry.id},
          {"example", json_of(entry.example)},
          {"status", entry.status},
          {"author", entry.author},
          {"source", entry.source},
          {"received", entry.received},
          {"reviewer", entry.reviewer},
          {"note", entry.note}};
}

inline Json json_of(const InboxTaken& taken) {
  return {{"added", taken.added}, {"present", taken.present}, {"examples", taken.examples}};
}

inline Json json_of(const ChatTokens& tokens) {
  return {{"conversation", tokens.conversation},
          {"context_length", tokens.context_length},
          {"answer_room", tokens.answer_room},
          {"dropped_turns", tokens.dropped_turns},
          {"dropped_tokens", tokens.dropped_tokens}};
}

inline Json json_of(const ChatReply& reply) {
  return {{"text", reply.text},
          {"finish", to_string(reply.finish)},
          {"turn", reply.turn},
          {"answer", reply.answer},
          {"tokens", reply.tokens},
          {"prompt_tokens", reply.prompt_tokens},
          {"cached_tokens", reply.cached_tokens},
          {"dropped_turns", reply.dropped_turns},
          {"dropped_tokens", reply.dropped_tokens},
          {"context_length", reply.context_length},
          {"prompt_seconds", reply.prompt_seconds},
          {"seconds", reply.seconds},
          {"note", reply.note}};
}

inline Json json_of(const ModelInfo& info) {
  return {{"name", info.name},
          {"source", info.source},
          {"architecture", info.architecture},
          {"parameters", info.parameters},
          {"layers", info.layers},
          {"hidden_size", info.hidden_size},
          {"vocabulary", info.vocabulary},
          {"context_length", info.context_length},
          {"file_format", info.file_format},
          {"file_precision", info.file_precision},
          {"weights", info.weights},
          {"device", info.device},
          {"memory", info.memory},
          {"hash", info.hash},
          {"adapter", info.adapter},
          {"adapter_parameters", info.adapter_parameters},
          {"adapter_rank", info.adapter_rank}};
}

inline Json json_of(const LocalModel& model) {
  return {{"name", model.name},
          {"reference", model.reference},
          {"source", model.source},
          {"place", model.place},
          {"bytes", model.bytes},
          {"architecture", model.architecture},
          {"parameters", model.parameters},
          {"quantization", model.quantization},
          {"context_length", model.context_length},
          {"trains", model.trains},
          {"reason", model.reason}};
}

inline Json json_of(const Plan& plan) {
  return {{"peak_memory", plan.peak_memory},
          {"weights", plan.weights},
          {"adapter", plan.adapter},
          {"activations", plan.activations},
          {"runtime", plan.runtime},
          {"seconds", plan.seconds},
          {"disk", plan.disk},
          {"examples", plan.examples},
          {"steps", plan.steps},
          {"tokens_per_epoch", plan.tokens_per_epoch},
          {"taught_tokens_per_epoch", plan.taught_tokens_per_epoch},
          {"longest_example", plan.longest_example},
          {"micro_batch_tokens", plan.micro_batch_tokens},
          {"recompute", plan.recompute},
          {"fits", plan.fits},
          {"notes", plan.notes}};
}

inline Json json_of(const TrainProgress& progress) {
  return {{"event", to_string(progress.event)},
          {"epoch", progress.epoch},
          {"epochs", progress.epochs},
          {"step", progress.step},
          {"steps", progress.steps},
          {"loss", progress.loss},
          {"validation_loss", progress.validation_loss},
          {"learning_rate", progress.learning_rate},
          {"grad_norm", progress.grad_norm},
          {"tokens", progress.tokens},
          {"tokens_per_second", progress.tokens_per_second},
          {"examples_per_minute", progress.examples_per_minute},
          {"seconds", progress.seconds},
          {"seconds_left", progress.seconds_left},
          {"peak_memory", progress.peak_memory},
          {"epoch_losses", progress.epoch_losses}};
}

inline Json json_of(const Diagnosis& diagnosis) {
  return {{"code", diagnosis.code},
          {"severity", to_string(diagnosis.severity)},
          {"message", diagnosis.message},
          {"fix", diagnosis.fix}};
}

inline Json json_of(const ModelVersion& version) {
  Json config = Json::parse(version.config, nullptr, false);
  if (config.is_discarded()) config = version.config;
  return {{"id", version.id},
          {"name", version.name},
          {"number", version.number},
          {"created", version.created},
          {"notes", version.notes},
          {"aliases", version.aliases},
          {"parent", version.parent},
          {"changed", version.changed},
          {"base_name", version.base_name},
          {"base_source", version.base_source},
          {"base_hash", version.base_hash},
          {"data_hash", version.data_hash},
          {"data_version", version.data_version},
          {"config_hash", version.config_hash},
          {"adapter_hash", version.adapter_hash},
          {"config", config},
          {"metrics", version.metrics},
          {"verdict", version.verdict},
          {"verdict_sentence", version.verdict_sentence},
          {"folder", version.folder},
          {"bytes", version.bytes},
          {"archived", version.archived}};
}

inline Json json_of(const DataVersion& version) {
  return {{"id", version.id},        {"name", version.name},       {"number", version.number},
          {"hash", version.hash},    {"parent", version.parent},   {"author", version.author},
          {"note", version.note},    {"created", version.created}, {"examples", version.examples},
          {"added", version.added},  {"removed", version.removed}, {"edited", version.edited},
          {"models", version.models}};
}

inline Json json_of(const LogEntry& entry) {
  return {{"when", entry.when}, {"action", entry.action}, {"subject", entry.subject}, {"text", entry.text}};
}

template <class Record>
Json json_of(const std::vector<Record>& records) {
  Json list = Json::array();
  for (const Record& record : records) list.push_back(json_of(record));
  return list;
}

}  // namespace pmtune
