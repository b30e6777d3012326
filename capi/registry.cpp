#include "guard.hpp"
#include "handles.hpp"
#include "option_table.hpp"
#include "records.hpp"

using namespace pmtune;
using namespace pmtune::capi;

struct pmt_registry {
  ModelRegistry registry;
  std::atomic<bool> busy{false};

  explicit pmt_registry(const std::string& folder) : registry(folder) {}
};

namespace {

template <class Use>
auto with(pmt_registry* registry, Use&& use) {
  pmt_registry& handle = require(registry, "registry");
  const InUse in_use(handle.busy, "registry");
  return use(handle.registry);
}

}  // namespace

pmt_status pmt_registry_open(const char* folder, pmt_registry** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    *out = new pmt_registry(text_or(folder, "folder", "models"));
  });
}

pmt_status pmt_registry_add(pmt_registry* registry, const pmt_train_result* result, const pmt_report* report,
                            const char* notes, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const TrainResult& trained = require(result, "result").result;
    const std::string text = text_or(notes, "notes", "");
    auto id = std::make_unique<pmt_buffer>();
    id->text = with(registry, [&](ModelRegistry& r) {
      return report ? r.add(trained, report->report, text).id : r.add(trained, text).id;
    });
    *out = id.release();
  });
}

pmt_status pmt_registry_list(pmt_registry* registry, const char* name, int32_t archived, pmt_buffer** out,
                             pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const bool with_archived = flag_of(archived, "archived");
    const std::string wanted = text_or(name, "name", "");
    give(out, with(registry, [&](ModelRegistry& r) { return json_of(r.list(wanted, with_archived)); }));
  });
}

pmt_status pmt_registry_get(pmt_registry* registry, const char* reference, pmt_buffer** out,
                            pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const std::string wanted = text_of(reference, "reference");
    give(out, with(registry, [&](ModelRegistry& r) { return json_of(r.get(wanted)); }));
  });
}

pmt_status pmt_registry_contains(pmt_registry* registry, const char* reference, int32_t* out,
                                 pmt_error** err) noexcept {
  return guard(err, [&] {
    require(out, "out");
    const std::string wanted = text_of(reference, "reference");
    *out = with(registry, [&](ModelRegistry& r) { return r.contains(wanted); }) ? 1 : 0;
  });
}

pmt_status pmt_registry_set_notes(pmt_registry* registry, const char* reference, const char* notes,
                                  pmt_error** err) noexcept {
  return guard(err, [&] {
    const std::string wanted = text_of(reference, "reference");
    const std::string text = text_of(notes, "notes");
    with(registry, [&](ModelRegistry& r) { r.set_notes(wanted, text); });
  });
}

pmt_status pmt_registry_set_alias(pmt_registry* registry, const char* alias, const char* reference,
                                  pmt_error** err) noexcept {
  return guard(err, [&] {
    const std::string name = text_of(alias, "alias");
    const std::string wanted = text_of(reference, "reference");
    with(registry, [&](ModelRegistry& r) { r.set_alias(name, wanted); });
  });
}

pmt_status pmt_registry_remove_alias(pmt_registry* registry, const char* name, const char* alias,
                                     pmt_error** err) noexcept {
  return guard(err, [&] {
    const std::string of = text_of(name, "name");
    const std::string gone = text_of(alias, "alias");
    with(registry, [&](ModelRegistry& r) { r.remove_alias(of, gone); });
  });
}

pmt_status pmt_registry_open_model(pmt_registry* registry, const char* reference, const pmt_model_options* options,
                                   pmt_model** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const std::string wanted = text_of(reference, "reference");
    const ModelOptions how = read_options(options);
    give(out, with(registry, [&](ModelRegistry& r) { return r.open(wanted, how); }));
  });
}

pmt_status pmt_registry_commit_data(pmt_registry* registry, const char* name, const pmt_dataset* data,
                                    const char* author, const char* note, pmt_buffer** out,
                                    pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const std::string of = text_of(name, "name"), by = text_or(author, "author", ""), why = text_or(note, "note", "");
    const Dataset& examples = require(data, "data").data;
    give(out, with(registry, [&](ModelRegistry& r) { return json_of(r.commit_data(of, examples, by, why)); }));
  });
}

pmt_status pmt_registry_list_data(pmt_registry* registry, const char* name, pmt_buffer** out,
                                  pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const std::string wanted = text_or(name, "name", "");
    give(out, with(registry, [&](ModelRegistry& r) { return json_of(r.list_data(wanted)); }));
  });
}

pmt_status pmt_registry_get_data(pmt_registry* registry, const char* reference, pmt_buffer** out,
                                 pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const std::string wanted = text_of(reference, "reference");
    give(out, with(registry, [&](ModelRegistry& r) { return json_of(r.get_data(wanted)); }));
  });
}

pmt_status pmt_registry_open_data(pmt_registry* registry, const char* reference, pmt_dataset** out,
                                  pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const std::string wanted = text_of(reference, "reference");
    give(out, with(registry, [&](ModelRegistry& r) { return r.open_data(wanted); }));
  });
}

pmt_status pmt_registry_diff_data(pmt_registry* registry, const char* before, const char* after, pmt_buffer** out,
                                  pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const std::string first = text_of(before, "before"), second = text_of(after, "after");
    give(out, with(registry, [&](ModelRegistry& r) { return r.diff_data(first, second).to_json(); }));
  });
}

pmt_status pmt_registry_log(pmt_registry* registry, const char* reference, int64_t most, pmt_buffer** out,
                            pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const std::string wanted = text_or(reference, "reference", "");
    give(out, with(registry, [&](ModelRegistry& r) { return json_of(r.log(wanted, most)); }));
  });
}

void pmt_registry_free(pmt_registry* registry) noexcept { delete registry; }
