#include "guard.hpp"
#include "handles.hpp"
#include "option_table.hpp"
#include "records.hpp"

using namespace pmtune;
using namespace pmtune::capi;

pmt_status pmt_dataset_load(const char* path, const pmt_load_options* options, pmt_dataset** out,
                            pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, Dataset::load(text_of(path, "path"), read_options(options)));
  });
}

pmt_status pmt_dataset_parse(pmt_str text, const char* name, const pmt_load_options* options, pmt_dataset** out,
                             pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, Dataset::parse(text_of(text, "text"), text_or(name, "name", "data"), read_options(options)));
  });
}

pmt_status pmt_dataset_check(const char* path, const pmt_load_options* options, pmt_buffer** out,
                             pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, Dataset::check(text_of(path, "path"), read_options(options)).to_json());
  });
}

pmt_status pmt_dataset_check_held_out(const char* path, const pmt_dataset* held_out, const pmt_load_options* options,
                                      pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    const Dataset& tested = require(held_out, "held_out").data;
    give(out, Dataset::check(text_of(path, "path"), tested, read_options(options)).to_json());
  });
}

pmt_status pmt_dataset_fix(const char* path, const char* copy, const pmt_load_options* options, pmt_buffer** out,
                           pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, Dataset::fix(text_of(path, "path"), text_of(copy, "copy"), read_options(options)).to_json());
  });
}

size_t pmt_dataset_size(const pmt_dataset* data) noexcept { return data ? data->data.size() : 0; }

pmt_status pmt_dataset_get(const pmt_dataset* data, size_t index, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, json_of(require(data, "data").data[index]));
  });
}

// Both or none.
static void give_parts(pmt_dataset** training, pmt_dataset** validation, std::pair<Dataset, Dataset> parts) {
  auto training_part = std::make_unique<pmt_dataset>(pmt_dataset{std::move(parts.first)});
  give(validation, std::move(parts.second));
  *training = training_part.release();
}

pmt_status pmt_dataset_split(const pmt_dataset* data, double fraction, uint64_t seed, pmt_dataset** training,
                             pmt_dataset** validation, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(training, validation);
    give_parts(training, validation, require(data, "data").data.split(fraction, seed));
  });
}

pmt_status pmt_dataset_fold(const pmt_dataset* data, size_t count, size_t index, uint64_t seed,
                            pmt_dataset** training, pmt_dataset** validation, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(training, validation);
    auto folds = require(data, "data").data.folds(count, seed);
    if (index >= folds.size())
      fail(Code::invalid_argument, "There is no fold ", index, " of ", count, "; they are counted from 0.");
    give_parts(training, validation, std::move(folds[index]));
  });
}

pmt_status pmt_dataset_deduplicate(const pmt_dataset* data, int nearly, pmt_dataset** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(data, "data").data.deduplicate(nearly != 0));
  });
}

pmt_status pmt_dataset_grow(const pmt_dataset* data, const char* round, const pmt_dataset* additions,
                            pmt_dataset** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(data, "data").data.grow(text_of(round, "round"), require(additions, "additions").data));
  });
}

pmt_status pmt_dataset_merge(const pmt_dataset* data, const pmt_dataset* other, pmt_dataset** out,
                             pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(data, "data").data.merge(require(other, "other").data));
  });
}

pmt_status pmt_dataset_filter(const pmt_dataset* data, const char* tag, pmt_dataset** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(data, "data").data.filter(text_of(tag, "tag")));
  });
}

pmt_status pmt_dataset_sample(const pmt_dataset* data, size_t count, uint64_t seed, pmt_dataset** out,
                              pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(data, "data").data.sample(count, seed));
  });
}

pmt_status pmt_dataset_to_jsonl(const pmt_dataset* data, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(data, "data").data.to_jsonl());
  });
}

pmt_status pmt_dataset_save(const pmt_dataset* data, const char* path, pmt_error** err) noexcept {
  return guard(err, [&] { require(data, "data").data.save(text_of(path, "path")); });
}

pmt_status pmt_dataset_hash(const pmt_dataset* data, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(data, "data").data.hash());
  });
}

pmt_status pmt_dataset_diff(const pmt_dataset* before, const pmt_dataset* after, pmt_buffer** out,
                            pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(before, "before").data.diff(require(after, "after").data).to_json());
  });
}

pmt_status pmt_dataset_diff_text(const pmt_dataset* before, const pmt_dataset* after, pmt_buffer** out,
                                 pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, require(before, "before").data.diff(require(after, "after").data).to_text());
  });
}

pmt_status pmt_dataset_merge_team(const char* const* people, const pmt_dataset* const* sets, size_t count,
                                  pmt_dataset** out, pmt_buffer** problems, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    if (count > 0) require(people, "people"), require(sets, "sets");
    std::vector<std::pair<std::string, Dataset>> team;
    for (size_t i = 0; i < count; ++i) team.emplace_back(text_of(people[i], "people"), require(sets[i], "sets").data);
    TeamMerge merged = Dataset::merge_team(team);
    auto told = std::make_unique<pmt_buffer>(pmt_buffer{json_of(merged.problems).dump()});
    give(out, std::move(merged.data));
    if (problems) *problems = told.release();
  });
}

void pmt_dataset_free(pmt_dataset* data) noexcept { delete data; }
