// The library's plain structs as Python dicts. Names are the C++ names; NaN is None; enums are their names.
#include "convert.hpp"

namespace pmtune::python {
namespace {

const char* name_of(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

const char* name_of(TrainEvent event) {
  switch (event) {
    case TrainEvent::started: return "started";
    case TrainEvent::step: return "step";
    case TrainEvent::epoch: return "epoch";
    case TrainEvent::finished: return "finished";
  }
  return "step";
}

py::dict to_dict(const Message& message) {
  py::dict dict("role"_a = text(message.role), "content"_a = text(message.content));
  if (message.weight != 1) dict["weight"] = message.weight;
  return dict;
}

py::dict to_dict(const EvalAnswer& answer) {
  return py::dict("prompt_id"_a = text(answer.prompt_id), "text"_a = text(answer.text),
                  "checks"_a = to_list(answer.checks), "score"_a = number(answer.score), "tokens"_a = answer.tokens,
                  "seconds"_a = number(answer.seconds), "finish"_a = to_string(answer.finish));
}

py::dict to_dict(const FormatCheck& check) {
  return py::dict("kind"_a = text(check.kind), "label"_a = text(check.label), "text"_a = text(check.text),
                  "least"_a = check.least, "most"_a = check.most);
}

// Found here by to_list through the overloads above, which are not in the header.
template <class Value>
py::list local_list(const std::vector<Value>& values) {
  py::list list;
  for (const Value& value : values) list.append(to_dict(value));
  return list;
}

}  // namespace

py::dict to_dict(const Example& example) {
  return py::dict("messages"_a = local_list(example.messages), "tags"_a = text_list(example.tags),
                  "origin"_a = text(example.origin), "line"_a = example.line, "author"_a = text(example.author));
}

py::dict to_dict(const Problem& problem) {
  return py::dict("line"_a = problem.line, "severity"_a = name_of(problem.severity), "code"_a = text(problem.code),
                  "message"_a = text(problem.message), "fix"_a = text(problem.fix));
}

py::dict to_dict(const DatasetStats& stats) {
  return py::dict("lines"_a = stats.lines, "examples"_a = stats.examples, "turns"_a = stats.turns,
                  "answer_words_least"_a = stats.answer_words_least,
                  "answer_words_median"_a = stats.answer_words_median,
                  "answer_words_most"_a = stats.answer_words_most, "format"_a = text(stats.format),
                  "container"_a = text(stats.container));
}

py::dict to_dict(const Diagnosis& diagnosis) {
  return py::dict("code"_a = text(diagnosis.code), "severity"_a = name_of(diagnosis.severity),
                  "message"_a = text(diagnosis.message), "fix"_a = text(diagnosis.fix));
}

py::dict to_dict(const TrainProgress& p) {
  py::list epoch_losses;
  for (const double loss : p.epoch_losses) epoch_losses.append(number(loss));
  return py::dict("event"_a = name_of(p.event), "epoch"_a = p.epoch, "epochs"_a = p.epochs, "step"_a = p.step,
                  "steps"_a = p.steps, "loss"_a = number(p.loss), "validation_loss"_a = number(p.validation_loss),
                  "learning_rate"_a = number(p.learning_rate), "grad_norm"_a = number(p.grad_norm),
                  "tokens"_a = p.tokens, "tokens_per_second"_a = number(p.tokens_per_second),
                  "examples_per_minute"_a = number(p.examples_per_minute), "seconds"_a = number(p.seconds),
                  "seconds_left"_a = number(p.seconds_left), "peak_memory"_a = p.peak_memory,
                  "epoch_losses"_a = epoch_losses);
}

py::dict to_dict(const EvalPrompt& prompt) {
  return py::dict("id"_a = text(prompt.id), "category"_a = text(prompt.category), "prompt"_a = text(prompt.prompt),
                  "checks"_a = local_list(prompt.checks));
}

py::dict to_dict(const CheckResult& result) {
  return py::dict("label"_a = text(result.label), "passed"_a = result.passed, "note"_a = text(result.note));
}

py::dict to_dict(const EvalArm& arm) {
  return py::dict("label"_a = text(arm.label), "model"_a = text(arm.model), "answers"_a = local_list(arm.answers),
                  "held_out"_a = to_list(arm.held_out), "held_out_loss"_a = number(arm.held_out_loss),
                  "perplexity"_a = number(arm.perplexity), "format_score"_a = number(arm.format_score));
}

py::dict to_dict(const Rating& r) {
  return py::dict("prompt_id"_a = text(r.prompt_id), "arm"_a = text(r.arm), "rater"_a = text(r.rater),
                  "accuracy"_a = r.accuracy, "format"_a = r.format, "relevance"_a = r.relevance,
                  "completeness"_a = r.completeness, "tone"_a = r.tone, "comment"_a = text(r.comment));
}

py::dict to_dict(const ExampleLoss& loss) { return py::dict("loss"_a = number(loss.loss), "tokens"_a = loss.tokens); }

py::dict to_dict(const LogEntry& entry) {
  return py::dict("when"_a = text(entry.when), "action"_a = text(entry.action), "subject"_a = text(entry.subject),
                  "text"_a = text(entry.text));
}

py::dict to_dict(const ExampleEdit& edit) {
  return py::dict("before"_a = to_dict(edit.before), "after"_a = to_dict(edit.after));
}

py::dict to_dict(const InboxEntry& entry) {
  return py::dict("id"_a = text(entry.id), "example"_a = to_dict(entry.example), "status"_a = text(entry.status),
                  "author"_a = text(entry.author), "source"_a = text(entry.source),
                  "received"_a = text(entry.received), "reviewer"_a = text(entry.reviewer),
                  "note"_a = text(entry.note));
}

py::dict to_dict(const InboxTaken& taken) {
  return py::dict("added"_a = taken.added, "present"_a = taken.present, "examples"_a = taken.examples);
}

py::object to_record(const ModelInfo& info) {
  const py::dict values("name"_a = text(info.name), "source"_a = text(info.source),
                        "architecture"_a = text(info.architecture), "parameters"_a = info.parameters,
                        "layers"_a = info.layers, "hidden_size"_a = info.hidden_size,
                        "vocabulary"_a = info.vocabulary, "context_length"_a = info.context_length,
                        "file_format"_a = text(info.file_format), "file_precision"_a = text(info.file_precision),
                        "weights"_a = text(info.weights), "device"_a = text(info.device), "memory"_a = info.memory,
                        "hash"_a = text(info.hash), "adapter"_a = text(info.adapter),
                        "adapter_parameters"_a = info.adapter_parameters, "adapter_rank"_a = info.adapter_rank);
  return record("ModelInfo", values, printed(info));
}

py::object to_record(const Plan& plan) {
  const py::dict values(
      "peak_memory"_a = plan.peak_memory, "weights"_a = plan.weights, "adapter"_a = plan.adapter,
      "activations"_a = plan.activations, "runtime"_a = plan.runtime, "seconds"_a = number(plan.seconds),
      "disk"_a = plan.disk, "examples"_a = plan.examples, "steps"_a = plan.steps,
      "tokens_per_epoch"_a = plan.tokens_per_epoch, "taught_tokens_per_epoch"_a = plan.taught_tokens_per_epoch,
      "longest_example"_a = plan.longest_example, "micro_batch_tokens"_a = plan.micro_batch_tokens,
      "recompute"_a = text(plan.recompute), "fits"_a = plan.fits, "notes"_a = text_list(plan.notes));
  return record("Plan", values, printed(plan));
}

py::object to_record(const Verdict& verdict) {
  const py::dict values("outcome"_a = to_string(verdict.outcome), "sentence"_a = text(verdict.sentence),
                        "wins"_a = verdict.wins, "ties"_a = verdict.ties, "losses"_a = verdict.losses,
                        "p_value"_a = number(verdict.p_value), "loss_wins"_a = verdict.loss_wins,
                        "loss_losses"_a = verdict.loss_losses, "loss_p_value"_a = number(verdict.loss_p_value),
                        "more_prompts_needed"_a = verdict.more_prompts_needed);
  return record("Verdict", values, verdict.sentence);
}

py::object to_record(const ModelVersion& v) {
  const py::dict values("id"_a = text(v.id), "name"_a = text(v.name), "number"_a = v.number,
                        "created"_a = text(v.created), "notes"_a = text(v.notes), "aliases"_a = text_list(v.aliases),
                        "parent"_a = text(v.parent), "changed"_a = text(v.changed), "base_name"_a = text(v.base_name),
                        "base_source"_a = text(v.base_source), "base_hash"_a = text(v.base_hash),
                        "data_hash"_a = text(v.data_hash), "data_version"_a = text(v.data_version),
                        "config_hash"_a = text(v.config_hash), "adapter_hash"_a = text(v.adapter_hash),
                        "config"_a = parsed(v.config), "metrics"_a = numbers(v.metrics),
                        "verdict"_a = text(v.verdict), "verdict_sentence"_a = text(v.verdict_sentence),
                        "folder"_a = text(v.folder), "bytes"_a = v.bytes, "archived"_a = v.archived);
  return record("ModelVersion", values, printed(v));
}

py::object to_record(const DataVersion& v) {
  const py::dict values("id"_a = text(v.id), "name"_a = text(v.name), "number"_a = v.number, "hash"_a = text(v.hash),
                        "parent"_a = text(v.parent), "author"_a = text(v.author), "note"_a = text(v.note),
                        "created"_a = text(v.created), "examples"_a = v.examples, "added"_a = v.added,
                        "removed"_a = v.removed, "edited"_a = v.edited, "models"_a = text_list(v.models));
  return record("DataVersion", values, printed(v));
}

}  // namespace pmtune::python
