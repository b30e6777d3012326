#include "guard.hpp"
#include "handles.hpp"
#include "option_table.hpp"

using namespace pmtune;
using namespace pmtune::capi;

struct pmt_evaluator {
  Evaluator evaluator;
  Callback<pmt_eval_progress_fn> progress;
  std::atomic<bool> busy{false};

  pmt_evaluator(const std::string& suite, const EvalOptions& options) : evaluator(suite, options) {}
};

namespace {

EvalCallback progress_callback(const Callback<pmt_eval_progress_fn>& host) {
  if (!host.function) return {};
  return [&host](const EvalProgress& progress) {
    return control_of(host.function(progress.arm.c_str(), progress.done, progress.of, host.data.get()));
  };
}

const Dataset* data_or_null(const pmt_dataset* data) { return data ? &data->data : nullptr; }

// Writes one form of a report into a buffer.
template <class Form>
pmt_status report_as(const pmt_report* report, pmt_buffer** out, pmt_error** err, Form&& form) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, form(require(report, "report").report));
  });
}

}  // namespace

pmt_status pmt_evaluator_create(const char* suite, const pmt_eval_options* options, pmt_evaluator** out,
                                pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    *out = new pmt_evaluator(text_or(suite, "suite", "product-management"), read_options(options));
  });
}

pmt_status pmt_evaluator_set_progress(pmt_evaluator* evaluator, pmt_eval_progress_fn callback, void* user_data,
                                      pmt_destroy_fn destroy, pmt_error** err) noexcept {
  UserData owner(user_data, destroy);
  return guard(err, [&] {
    pmt_evaluator& handle = require(evaluator, "evaluator");
    const InUse in_use(handle.busy, "evaluator");
    handle.progress.set(callback, owner);
  });
}

pmt_status pmt_evaluator_run(pmt_evaluator* evaluator, const pmt_model* model, const pmt_dataset* held_out,
                             pmt_report** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    pmt_evaluator& handle = require(evaluator, "evaluator");
    const Model& asked = require(model, "model").model;
    const InUse in_use(handle.busy, "evaluator");
    *out = new pmt_report{handle.evaluator.run(asked, data_or_null(held_out), progress_callback(handle.progress))};
  });
}

pmt_status pmt_evaluator_compare(pmt_evaluator* evaluator, const pmt_model* base, const pmt_model* tuned,
                                 const pmt_dataset* held_out, pmt_report** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    pmt_evaluator& handle = require(evaluator, "evaluator");
    const Model& before = require(base, "base").model;
    const Model& after = require(tuned, "tuned").model;
    const InUse in_use(handle.busy, "evaluator");
    *out = new pmt_report{
        handle.evaluator.compare(before, after, data_or_null(held_out), progress_callback(handle.progress))};
  });
}

void pmt_evaluator_free(pmt_evaluator* evaluator) noexcept { delete evaluator; }

pmt_status pmt_report_load(const char* path, pmt_report** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    *out = new pmt_report{EvalReport::load(text_of(path, "path"))};
  });
}

int32_t pmt_report_outcome(const pmt_report* report) noexcept {
  return report ? static_cast<int32_t>(report->report.verdict.outcome) : PMT_OUTCOME_CANNOT_TELL;
}

pmt_status pmt_report_verdict(const pmt_report* report, pmt_buffer** out, pmt_error** err) noexcept {
  return report_as(report, out, err, [](const EvalReport& r) { return r.verdict.sentence; });
}

pmt_status pmt_report_json(const pmt_report* report, pmt_buffer** out, pmt_error** err) noexcept {
  return report_as(report, out, err, [](const EvalReport& r) { return r.to_json(); });
}

pmt_status pmt_report_html(const pmt_report* report, pmt_buffer** out, pmt_error** err) noexcept {
  return report_as(report, out, err, [](const EvalReport& r) { return r.to_html(); });
}

pmt_status pmt_report_text(const pmt_report* report, pmt_buffer** out, pmt_error** err) noexcept {
  return report_as(report, out, err, [](const EvalReport& r) { return r.to_text(); });
}

pmt_status pmt_report_save(const pmt_report* report, const char* path, pmt_error** err) noexcept {
  return guard(err, [&] { require(report, "report").report.save(text_of(path, "path")); });
}

pmt_status pmt_report_save_html(const pmt_report* report, const char* path, pmt_error** err) noexcept {
  return guard(err, [&] { require(report, "report").report.save_html(text_of(path, "path")); });
}

void pmt_report_free(pmt_report* report) noexcept { delete report; }
