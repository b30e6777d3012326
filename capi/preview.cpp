#include "guard.hpp"
#include "handles.hpp"
#include "option_table.hpp"

using namespace pmtune;
using namespace pmtune::capi;

struct pmt_preview {
  DatasetPreview preview;
};
struct pmt_surprises {
  Surprises surprises;
};

namespace {

SurpriseCallback callback_of(pmt_reading_fn progress, void* user_data) {
  if (!progress) return {};
  return [=](const SurpriseProgress& p) { return control_of(progress(p.done, p.of, user_data)); };
}

// Writes one form of a preview into a buffer.
template <class Form>
pmt_status preview_as(const pmt_preview* preview, pmt_buffer** out, pmt_error** err, Form&& form) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, form(require(preview, "preview").preview));
  });
}

}  // namespace

pmt_status pmt_preview_create(const pmt_model* model, const pmt_dataset* data, const pmt_preview_options* options,
                              pmt_preview** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const Model& asked = require(model, "model").model;
    *out = new pmt_preview{DatasetPreview::of(asked, require(data, "data").data, read_options(options))};
  });
}

int64_t pmt_preview_unproved(const pmt_preview* preview) noexcept {
  return preview ? preview->preview.answers - preview->preview.answers_proved + preview->preview.refused : 0;
}

pmt_status pmt_preview_text(const pmt_preview* preview, size_t count, pmt_buffer** out, pmt_error** err) noexcept {
  return preview_as(preview, out, err, [&](const DatasetPreview& p) { return p.to_text(count); });
}

pmt_status pmt_preview_json(const pmt_preview* preview, pmt_buffer** out, pmt_error** err) noexcept {
  return preview_as(preview, out, err, [](const DatasetPreview& p) { return p.to_json(); });
}

pmt_status pmt_preview_html(const pmt_preview* preview, pmt_buffer** out, pmt_error** err) noexcept {
  return preview_as(preview, out, err, [](const DatasetPreview& p) { return p.to_html(); });
}

pmt_status pmt_preview_save_html(const pmt_preview* preview, const char* path, pmt_error** err) noexcept {
  return guard(err, [&] { require(preview, "preview").preview.save_html(text_of(path, "path")); });
}

void pmt_preview_free(pmt_preview* preview) noexcept { delete preview; }

pmt_status pmt_surprises_rank(const pmt_model* model, const pmt_dataset* data, const pmt_surprise_options* options,
                              pmt_reading_fn progress, void* user_data, pmt_destroy_fn destroy, pmt_surprises** out,
                              pmt_error** err) noexcept {
  const UserData owner(user_data, destroy);
  return guard(err, [&] {
    require_out(out);
    const Model& asked = require(model, "model").model;
    const Dataset& examples = require(data, "data").data;
    *out =
        new pmt_surprises{rank_surprises(asked, examples, read_options(options), callback_of(progress, user_data))};
  });
}

pmt_status pmt_surprises_text(const pmt_surprises* surprises, size_t count, pmt_buffer** out,
                              pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(surprises, "surprises").surprises.to_text(count));
  });
}

pmt_status pmt_surprises_json(const pmt_surprises* surprises, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(surprises, "surprises").surprises.to_json());
  });
}

void pmt_surprises_free(pmt_surprises* surprises) noexcept { delete surprises; }
