#include <pmtune/dataset.hpp>
#include <pmtune/inbox.hpp>

#include <algorithm>

#include "base/utf8.hpp"
#include "target.hpp"

using namespace pmtune;

namespace {

// Parts are disjoint and complete.
void check_parts(const Dataset& data) {
  if (data.size() < 2) return;
  const auto [training, held_out] = data.split(0.3, 1);
  fuzz::require(!training.empty() && !held_out.empty() && training.size() + held_out.size() == data.size(),
                "a split");
  std::size_t sum = 0;
  for (const auto& fold : data.folds(2, 1)) sum += fold.second.size();
  fuzz::require(sum == data.size(), "folds");
}

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
  check_parts(data);
  fuzz::require(again.hash() == data.hash() && again.to_jsonl() == saved, "what was saved loads as the same");
}

// A copy with the safe fixes holds nothing less, and has nothing left to fix.
void check_fixing(const std::string& path, const std::string& text) {
  const std::string once = (fuzz::folder() / "once.jsonl").string(),
                    twice = (fuzz::folder() / "twice.jsonl").string();
  FixReport fixed;
  if (!fuzz::accepted([&] { fixed = Dataset::fix(path, once); })) return;
  LoadOptions skip;
  skip.on_error = "skip";
  Dataset before, after;
  const bool had = fuzz::accepted([&] { before = Dataset::parse(text, "x.jsonl", skip); });
  const bool has = fuzz::accepted([&] { after = Dataset::load(once, skip); });
  const auto repeated = static_cast<std::size_t>(std::count_if(
      fixed.fixes.begin(), fixed.fixes.end(), [](const DatasetFix& fix) { return fix.code == "duplicate_example"; }));
  fuzz::require(!had || (has && after.size() + repeated >= before.size()), "fixing keeps every example");
  fuzz::require(find_invalid_utf8(fixed.to_text()) == std::string_view::npos, "what was fixed is told in UTF-8");
  fixed.to_json();
  // Lines that nobody can read may look like something else once they stand in another place.
  if (!fixed.remaining.ok() || fixed.remaining.stats.container != "jsonl") return;
  fuzz::require(Dataset::fix(once, twice).fixes.empty(), "what is fixed stays fixed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::as_text(data, size));
  const std::string path = fuzz::write("x.jsonl", text).string();
  const DatasetReport report = Dataset::check(path);
  fuzz::require(find_invalid_utf8(report.to_text()) == std::string_view::npos, "a report is UTF-8");
  report.to_json();
  check_loading(text, report.ok(), "raise");
  check_loading(text, report.ok(), "skip");
  check_fixing(path, text);
  const Inbox inbox(path);  // a file of anything is an inbox whose lines are all damaged
  fuzz::require(inbox.list().empty() || inbox.accepted().size() <= inbox.list().size(), "an inbox");
  inbox.problems();
  return 0;
}
