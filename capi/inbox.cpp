#include "guard.hpp"
#include "handles.hpp"
#include "records.hpp"

using namespace pmtune;
using namespace pmtune::capi;

namespace {

const Inbox& inbox_of(const pmt_inbox* handle) { return require(handle, "inbox").inbox; }

Example one_example(pmt_str text) {
  const Dataset data = Dataset::parse(text_of(text, "example"), "the example");
  if (data.size() != 1)
    fail(Code::invalid_argument, "The text holds ", data.size(), " examples; an inbox takes one at a time.");
  Example example = data[0];
  example.origin.clear();
  example.line = 0;
  return example;
}

}  // namespace

pmt_status pmt_inbox_open(const char* path, pmt_inbox** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    *out = new pmt_inbox{Inbox(text_of(path, "path"))};
  });
}

pmt_status pmt_inbox_append(const pmt_inbox* inbox, pmt_str example, const char* author, const char* source,
                            pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    auto id = std::make_unique<pmt_buffer>();
    const InboxSource from{text_or(author, "author", ""), text_or(source, "source", "")};
    id->text = inbox_of(inbox).append(one_example(example), from);
    *out = id.release();
  });
}

pmt_status pmt_inbox_list(const pmt_inbox* inbox, const char* status, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, json_of(inbox_of(inbox).list(text_or(status, "status", ""))));
  });
}

pmt_status pmt_inbox_review(const pmt_inbox* inbox, const char* id, const char* status, const char* reviewer,
                            const char* note, pmt_error** err) noexcept {
  return guard(err, [&] {
    inbox_of(inbox).review(text_of(id, "id"), text_of(status, "status"), text_or(reviewer, "reviewer", ""),
                           text_or(note, "note", ""));
  });
}

pmt_status pmt_inbox_accepted(const pmt_inbox* inbox, pmt_dataset** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, inbox_of(inbox).accepted());
  });
}

pmt_status pmt_inbox_take(const pmt_inbox* inbox, const char* data_path, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, json_of(inbox_of(inbox).take(text_of(data_path, "data_path"))));
  });
}

pmt_status pmt_inbox_problems(const pmt_inbox* inbox, pmt_buffer** out, pmt_error** err) noexcept {
  return guard(err, [&] {
    require_out(out);
    give(out, json_of(inbox_of(inbox).problems()));
  });
}

void pmt_inbox_free(pmt_inbox* inbox) noexcept { delete inbox; }
