#include <pmtune/dataset.hpp>

#include "base/utf8.hpp"
#include "target.hpp"

using namespace pmtune;

namespace {

// Reading keeps to the report, and what was read is saved and read again as the same.
void check_loading(const std::string& text, bool report_is_ok, const char* on_error) {
  LoadOptions options;
  options.on_error = on_error;
  Dataset data;
  const bool loaded = fuzz::accepted([&] { data = Dataset::parse(text, "x.jsonl", options); });
  if (options.on_error == "raise") fuzz::require(loaded == report_is_ok, "a set without errors loads");
  if (!loaded) return;
  fuzz::require(!data.empty(), "a set that was loaded has examples");
  const std::string saved = data.to_jsonl();
  const Dataset again = Dataset::parse(saved, "saved.jsonl");
  fuzz::require(again.hash() == data.hash() && again.to_jsonl() == saved, "what was saved loads as the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::as_text(data, size));
  const DatasetReport report = Dataset::check(fuzz::write("x.jsonl", text).string());
  fuzz::require(find_invalid_utf8(report.to_text()) == std::string_view::npos, "a report is UTF-8");
  report.to_json();
  check_loading(text, report.ok(), "raise");
  check_loading(text, report.ok(), "skip");
  return 0;
}
