// Models on this machine, and fetching others.
#include <sstream>

#include "guard.hpp"
#include "handles.hpp"
#include "option_table.hpp"
#include "records.hpp"

using namespace pmtune;
using namespace pmtune::capi;

namespace {

PullCallback progress_callback(pmt_pull_progress_fn function, void* user_data) {
  if (!function) return {};
  return [function, user_data](const PullProgress& p) {
    std::ostringstream text;
    text << p;
    const std::string line = text.str();
    const pmt_pull_progress event{
        sizeof(pmt_pull_progress), p.bytes,   p.total,        p.file_bytes,   p.file_total,   p.files_done, p.files,
        p.bytes_per_second,        p.seconds, p.seconds_left, p.file.c_str(), p.note.c_str(), line.c_str()};
    return control_of(function(&event, user_data));
  };
}

}  // namespace

pmt_status pmt_local_models(pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, json_of(local_models()));
  });
}

pmt_status pmt_pull(const char* name, const pmt_pull_options* options, pmt_pull_progress_fn progress, void* user_data,
                    pmt_destroy_fn destroy, pmt_buffer** out, pmt_error** err) noexcept {
  const UserData owner(user_data, destroy);
  return guard(err, [&] {
    require_out(out);
    give(out, pull(text_of(name, "name"), read_options(options), progress_callback(progress, user_data)));
  });
}
